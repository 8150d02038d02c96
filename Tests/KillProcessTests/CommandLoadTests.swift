import CoAP
import Foundation
import ServiceShell
import TestSupport
import Testing

/// Fifty commands a second while a group gets new keys.
@Suite(.serialized, .namespacePermitted, .inNetworkNamespace)
struct CommandLoadTests {
    /// For so many seconds, if it is said; `scripts/soak commands` takes 60.
    private static let wanted = ProcessInfo.processInfo.environment["GOSC_COMMAND_SECONDS"].flatMap { Int($0) }

    /// Every lamp does each command once, and soon.
    @Test(.requirement("GM-0320", "GM-0337"))
    func newKeysThatNobodyHastensLoseNoCommand() async throws {
        let load = try CommandLoad(thieves: [])
        defer { load.tearDown() }
        await load.warmUp()
        // The overlap, which is 10 s, and a little more lies between two of them.
        let parts = Self.wanted == nil ? [0.5] : [0.2, 0.45, 0.7]
        try await load.run(
            seconds: Self.wanted ?? 4, events: parts.map { (part: $0, command: ["group", "rekey", "hall"]) })
        #expect(load.outcomes.allSatisfy { Set($0.answers.keys) == Set(CommandLoad.lamps) && $0.failure == nil })
        var latest = Duration.zero
        for lamp in CommandLoad.lamps {
            let handled = load.handled(by: lamp)
            #expect(handled.count == load.sentAt.count, "\(lamp)")
            #expect(load.versions(of: lamp) == (1...UInt64(parts.count)).map(\.self), "\(lamp)")
            // Numbers go up by one, and begin again under each Gid: so the lines are the commands, in order.
            let numbers = handled.compactMap { $0.field("partial_iv").flatMap { Int($0) } }
            let breaks = zip(numbers, numbers.dropFirst()).filter { $1 != $0 + 1 }
            #expect(breaks.count == parts.count && breaks.allSatisfy { $1 < $0 }, "\(lamp): \(breaks)")
            latest = max(latest, zip(load.sentAt, handled).map { $1.time - $0 }.max() ?? .zero)
        }
        // How fast this machine is decides no test, but where it was asked.
        if Self.wanted != nil { #expect(latest <= .seconds(1)) }
        print(
            "figures: planned: \(summary(of: load)), \(parts.count) rekeyings; done \(Self.text(latest)) after it was given at the "
                + "latest")
    }

    /// Whoever is evicted hears no command under the new keys, and no lamp does what it says any more once it has them.
    @Test(.requirement("GM-0346", "GM-0347"))
    func whoeverIsEvictedHearsAndSaysNothingMore() async throws {
        let thieves = Self.wanted == nil ? ["thief-1"] : ["thief-1", "thief-2", "thief-3"]
        let load = try CommandLoad(thieves: thieves)
        defer { load.tearDown() }
        await load.warmUp()
        let household = load.household
        // Each of them gives commands, too, for as long as it can.
        let states = thieves.map { household.path($0) }
        let speaking = states.map { state in
            Task.detached {
                while !Task.isCancelled {
                    let request = SendRequest(
                        group: "hall", path: ["light"], payload: Array("off".utf8), contentFormat: .textPlain)
                    if let updates = try? NodeRemote.send(request, stateDirectory: state) { for await _ in updates {} }
                    try? await Task.sleep(for: .milliseconds(100))
                }
            }
        }
        try await load.run(
            seconds: Self.wanted ?? 4,
            events: thieves.enumerated().map { index, name in
                (part: Double(index + 1) / Double(thieves.count + 1), command: ["member", "evict", "hall", name])
            })
        for task in speaking { task.cancel() }
        for (index, thief) in thieves.enumerated() {
            let version = UInt64(index + 1)
            #expect(load.versions(of: thief).allSatisfy { $0 < version }, "\(thief)")
            // Under each Gid numbers begin again: it heard no more beginnings than it had keys.
            let numbers = load.handled(by: thief).compactMap { $0.field("partial_iv").flatMap { Int($0) } }
            let beginnings = zip(numbers, numbers.dropFirst()).filter { $1 < $0 }.count
            #expect(!numbers.isEmpty && beginnings <= index, "\(thief)")
            for lamp in CommandLoad.lamps {
                let installed = load.lines(of: lamp, with: "new keys are in use").first {
                    $0.field("version") == String(version)
                }
                let time = try #require(installed?.time, "\(lamp) has not got version \(version)")
                let said = load.handled(by: lamp, from: thief)
                #expect(!said.isEmpty && said.allSatisfy { $0.time <= time }, "\(lamp) does what \(thief) says")
            }
        }
        print("figures: evicting: \(summary(of: load)), \(thieves.count) evictions")
    }

    private func summary(of load: CommandLoad) -> String {
        let pairs = load.outcomes.flatMap { outcome in CommandLoad.lamps.map { outcome.answers[$0] } }
        let latencies = pairs.compactMap(\.self).sorted()
        let handled = CommandLoad.lamps.reduce(0) { $0 + load.handled(by: $1).count }
        let late = latencies.filter { $0 > .seconds(1) }.count
        let failures = Set(load.outcomes.compactMap(\.failure)).sorted()
        return
            "\(load.outcomes.count) commands to \(CommandLoad.lamps.count) lamps, \(handled) done of \(pairs.count), "
            + "\(pairs.count - latencies.count) not answered, \(load.outcomes.count { $0.failure != nil }) not sent \(failures); answers "
            + "after \(Self.text(latencies.last ?? .zero)) at the latest, \(late) later than a second"
    }

    private static func text(_ duration: Duration) -> String {
        duration.formatted(.units(allowed: [.milliseconds]))
    }
}
