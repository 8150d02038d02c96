import ACEGroupcomm
import ArgumentParser
import OSCORE
import ServiceShell

struct NodeStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how the running node is doing.")

    @OptionGroup var state: NodeStateOptions
    @OptionGroup var wait: WaitOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let directory = try state.directory()
        do {
            let report = try await wait.untilReachable { () throws(ServiceError) in
                try NodeRemote.report(stateDirectory: directory)
            }
            switch report {
            case .managed(let status): try Printer(output).show(status)
            case .unmanaged(let status): try Printer(output).show(status)
            }
        } catch let error as ServiceError where error.exitCode == .unreachable {
            throw CommandFailure(
                .unreachable, "no node is running in \(directory)",
                hint: "start it with 'gosc node run', or name its directory with --state")
        }
    }
}

extension NodeStatus: Described {
    var lines: [(name: String, value: String)] {
        var lines = [
            ("name", name ?? "–"), ("group", group ?? "not a member"), ("group ID", groupID ?? "–"),
            ("Sender ID", senderID ?? "–"), ("roles", roles ?? "–"),
            ("modes", modes?.joined(separator: ", ") ?? "–"),
            ("group address", groupAddress.map { "[\($0)]:\(groupPort ?? 0)" } ?? "–"),
            ("interface", interface ?? "–"), ("own address", unicastAddress), ("process", String(process)),
        ]
        if let keyGeneration { lines.insert(("key generation", String(keyGeneration)), at: 3) }
        if leaving { lines.insert(("leaving", "yes, as soon as the manager has answered"), at: 2) }
        if let lampIsOn, roles?.contains("responder") == true { lines.append(("lamp", lampIsOn ? "on" : "off")) }
        lines += [
            ("sequence number", "\(nextSequenceNumber), reserved up to \(reservedEnd)"),
            ("members known", String(peers.count)),
            roles == Roles.monitor.description
                ? ("requests overheard", String(counters.overheard))
                : ("requests handled", String(counters.handlerCalls)),
            ("replays", String(counters.replays)),
        ]
        // Whoever asks the group hears itself, which is as it should be.
        let hearsItself = roles?.contains(Roles.requester.description) == true
        let refused = counters.rejected.filter { !hearsItself || $0.key != "\(VerificationFailure.ownMessage)" }
        let reasons = refused.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        lines.append(("not accepted", reasons.isEmpty ? "–" : reasons.joined(separator: ", ")))
        if let request = lastRequest {
            lines.append(
                (
                    "last request",
                    "\(request.path) by \(request.senderName ?? request.sender) to \(request.destination), "
                        + "number \(request.partialIV)"
                ))
        }
        return lines
    }
}
