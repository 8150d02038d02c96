import CoAP
import Foundation
import TestSupport
import Testing

/// Fifty commands a second while a group gets new keys.
@Suite(.namespacePermitted, .inNetworkNamespace)
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
            "planned: \(summary(of: load)), \(parts.count) rekeyings; done \(Self.text(latest)) after it was given at the "
                + "latest")
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
