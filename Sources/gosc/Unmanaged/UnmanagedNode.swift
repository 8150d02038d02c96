import Bytes
import CoAPEngine
import CoAPSecurity
import Glibc
import GoscKit
import GroupOSCORE
import Logging
import MessageWorkbench
import OSCORE
import ServiceShell

/// A node with a fixed context that serves: what `gosc node run` keeps running in its state directory.
final class UnmanagedNode: Sendable {
    private let endpoint: CoAPEndpoint
    private let control: UnmanagedControl
    private let watch: Task<Void, Never>

    /// Opens the state, binds the sockets and starts.
    static func start(
        _ options: UnmanagedNodeOptions, logger: Logger
    ) async throws -> UnmanagedNode {
        let member = try UnmanagedMember.open(options.state) { logger.notice("\($0)") }
        let network = try options.network(of: member.context)
        var configuration = network.configuration
        member.join(&configuration, answers: options.answers ?? .same)
        let endpoint: CoAPEndpoint
        do {
            endpoint = try CoAPEndpoint(configuration)
        } catch {
            throw CommandFailure(error, of: options)
        }
        let log = RequestLog(logger)
        await serveDemo(on: endpoint, log)
        let control: UnmanagedControl
        do {
            control = try UnmanagedControl(in: member.state) { [weak endpoint] in
                await UnmanagedNodeStatus(member, network, options, endpoint, log)
            }
        } catch {
            await endpoint.shutDown()
            throw error
        }
        var told: Logger.Metadata = [
            "sender_id": "\(member.context.senderID.shown)", "address": "\(endpoint.localAddress)",
        ]
        if let group = network.group { told["group_address"] = "[\(group.address)]:\(group.port)" }
        if let interface = network.interface { told["interface"] = "\(interface)" }
        if case .group(let group) = member.context {
            told["gid"] = "\(group.groupID)"
            if network.group == nil { logger.notice("no --group: requests are heard by unicast only") }
        }
        logger.info("node runs", metadata: told)
        return UnmanagedNode(endpoint, control, watch: Task { await Self.watch(endpoint, logger) })
    }

    private init(_ endpoint: CoAPEndpoint, _ control: UnmanagedControl, watch: Task<Void, Never>) {
        self.endpoint = endpoint
        self.control = control
        self.watch = watch
    }

    /// Ends everything, and releases the state directory with the last reference.
    func stop() async {
        watch.cancel()
        control.stop()
        await endpoint.shutDown()
    }

    private static func serveDemo(on endpoint: CoAPEndpoint, _ log: RequestLog) async {
        let light = LightResource { [weak endpoint] in Task { await endpoint?.resourceChanged("light") } }
        for resource in [HelloResource(), light, EchoResource()] as [any DemoResource] {
            await endpoint.serveSecured(resource.path, resource.resource { log.handled($0, $1) })
        }
    }

    /// Says what strangers cause as sums, once a second at most: a flood must not fill the log.
    private static func watch(_ endpoint: CoAPEndpoint, _ logger: Logger) async {
        var before = await endpoint.counters
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let now = await endpoint.counters
            if now.refused > before.refused {
                logger.warning(
                    "requests not accepted",
                    metadata: ["count": "\(now.refused - before.refused)", "total": "\(now.refused)"])
            }
            if now.security.storeFailures > before.security.storeFailures {
                logger.error("the sequence numbers could not be written; nothing was sent")
            }
            before = now
        }
    }
}

extension CoAPEndpointCounters {
    /// Requests that were not accepted.
    var refused: UInt64 { endpoint.requestsRefused + endpoint.unprotectedRequests }
}

extension UnmanagedNodeStatus {
    fileprivate init(
        _ member: UnmanagedMember, _ network: UnmanagedNetwork, _ options: UnmanagedNodeOptions,
        _ endpoint: CoAPEndpoint?, _ log: RequestLog
    ) async {
        let counters = await endpoint?.counters
        let security = counters?.security ?? SecurityCounters()
        let numbers: (next: UInt64, reservedEnd: UInt64)?
        var group: FixedGroup?
        var members: [String] = []
        switch member.context {
        case .group(let fixed):
            group = fixed
            members = fixed.members.map(\.senderID.description)
            numbers = await endpoint?.sequenceNumbers(ofGroup: UnmanagedMember.groupName(fixed))
        case .pair(let pair):
            members = [pair.recipientID.description]
            numbers = await endpoint?.sequenceNumbers(of: member.association(with: pair).peer)
        }
        self.init(
            context: group == nil ? "oscore" : "group", groupID: group?.groupID.description,
            senderID: member.context.senderID.description, members: members,
            groupAddress: network.group?.address.description, groupPort: network.group?.port,
            interface: network.interface, unicastAddress: endpoint?.localAddress.description ?? "–",
            process: getpid(), answers: group == nil ? nil : AnswerMode(options.answers ?? .same).rawValue,
            nextSequenceNumber: numbers?.next ?? member.state.reservedEnd,
            reservedEnd: numbers?.reservedEnd ?? member.state.reservedEnd,
            counters: Counters(
                requestsHandled: log.count, requestsRefused: counters?.refused ?? 0, replays: security.replays,
                rejected: Dictionary(uniqueKeysWithValues: security.rejectedRequests.map { ("\($0)", $1) }),
                challenges: security.challenges, storeFailures: security.storeFailures,
                malformed: counters?.messages.malformed ?? 0))
    }
}
