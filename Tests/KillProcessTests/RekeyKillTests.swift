import CoAP
import Foundation
import ServiceShell
import TestSupport
import Testing

/// A group gets new keys while its manager and its members are killed at random moments.
@Suite(.namespacePermitted, .inNetworkNamespace)
struct RekeyKillTests {
    /// Eight unless `GOSC_REKEY_ROUNDS` says how many; `scripts/soak rekey` makes two hundred.
    private static let rounds = ProcessInfo.processInfo.environment["GOSC_REKEY_ROUNDS"].flatMap { Int($0) } ?? 8

    /// After each round every member that is left has the newest keys, by itself, and does what it is told once.
    @Test(.requirement("GM-0304", "GM-0319", "GM-0336", "GM-0346", "GM-0495"))
    func everyMemberRecoversByItself() async throws {
        let rounds = try RekeyRounds()
        defer { rounds.tearDown() }
        for round in 0..<Self.rounds where rounds.violations.isEmpty { try await rounds.run(round) }
        #expect(rounds.violations == [], "seed \(rounds.seed)")
        #expect(rounds.kills >= Self.rounds)
        print("figures: rekeyings under SIGKILL: \(rounds.summary)")
    }
}

/// Six nodes and their manager, and what is done to them.
private final class RekeyRounds {
    private(set) var violations: [String] = []
    private(set) var kills = 0
    let seed = ProcessInfo.processInfo.environment["GOSC_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)
    private var random: SeededGenerator
    private let household: Household
    private let street: Street
    private var names = ["switch", "lamp-1", "lamp-2", "lamp-3", "lamp-4"]
    /// Where whoever is evicted and comes back lives.
    private let guestHouse: pid_t
    private var guests = 0
    private var recoveries: [Duration] = []
    private var actions: [String: Int] = [:]
    private let start = ContinuousClock.now

    init() throws {
        random = SeededGenerator(seed: seed)
        household = try Household()
        street = try Street()
        household.managerAddress = Street.managerAddress
        household.interface = "eth0"
        try household.startManager(
            groupFile: "name: hall\naddress: auto\nresources: [light]\napplication_groups: [hall]\nrekey_overlap: 2s\n")
        for name in names {
            household.places[name] = try street.addHouse()
            try household.join(name, group: "hall", roles: name == "switch" ? "requester" : "responder")
            try household.startNode(name)
        }
        guestHouse = try street.addHouse()
    }

    func tearDown() {
        household.tearDown()
        street.tearDown()
    }

    var summary: String {
        let sorted = recoveries.sorted()
        let took = (ContinuousClock.now - start).formatted(.units(allowed: [.seconds]))
        let counts = actions.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return "\(recoveries.count) rounds in \(took), \(kills) kills (\(counts)); all members current after "
            + "\(Self.text(sorted[sorted.count / 2])) in the median, \(Self.text(sorted[sorted.count - 1])) at most; "
            + "seed \(seed)"
    }

    private static func text(_ duration: Duration) -> String {
        duration.formatted(.units(allowed: [.seconds], fractionalPart: .show(length: 1)))
    }

    private var guest: String? { names.first { $0.hasPrefix("guest") } }

    func run(_ round: Int) async throws {
        if guest == nil, Bool.random(using: &random) { try welcomeGuest() }
        // One command in three throws somebody out, if there is somebody.
        let evicted = Int.random(in: 0..<3, using: &random) == 0 ? guest : nil
        let command = evicted.map { ["member", "evict", "hall", $0] } ?? ["group", "rekey", "hall"]
        note(evicted == nil ? "group rekey" : "member evict")
        let first = try household.begin(command + ["--state", household.path("manager")])
        // The moment is the point: the command takes some 50 ms to start, and a rekeying not much longer.
        usleep(UInt32.random(in: 0...250_000, using: &random))
        let killed = ContinuousClock.now
        try killSomebody(but: evicted)
        first.waitUntilExit()
        if first.terminationStatus != 0 { try again(command, evicted) }
        if let evicted {
            household.kill(evicted)
            names.removeAll { $0 == evicted }
        }
        guard try await settle(round) else { return }
        recoveries.append(ContinuousClock.now - killed)
        try await sendOnce(round)
    }

    private func welcomeGuest() throws {
        guests += 1
        let name = "guest-\(guests)"
        household.places[name] = guestHouse
        try household.join(name, group: "hall", roles: "requester,responder")
        try household.startNode(name)
        names.append(name)
        note("join")
    }

    private func killSomebody(but evicted: String?) throws {
        let kind = Int.random(in: 0..<3, using: &random)
        if kind != 0 {
            note("manager killed")
            kills += 1
            household.kill("manager")
            try household.startManager()
        }
        // Who is evicted in this moment would not start any more.
        guard kind != 1, let victim = names.filter({ $0 != evicted }).randomElement(using: &random) else { return }
        note("node killed")
        kills += 1
        household.kill(victim)
        try household.startNode(victim)
    }

    /// The command did not hear of its end: the operator looks whether it was done, or says it again.
    private func again(_ command: [String], _ evicted: String?) throws {
        let members = try household.run("member", "list", "hall", "--state", household.path("manager"))
        if let evicted, !members.contains(evicted) { return }
        note("command again")
        _ = try household.run(command + ["--state", household.path("manager")])
    }

    /// Waits until every member has the newest keys; `false` if that does not come.
    private func settle(_ round: Int) async throws -> Bool {
        struct Group: Decodable {
            let keyGeneration: UInt64

            enum CodingKeys: String, CodingKey { case keyGeneration = "key_generation" }
        }
        let limit = ContinuousClock.now + .seconds(60)
        var standing = ""
        while ContinuousClock.now < limit {
            let text = try household.run(
                "group", "show", "hall", "--output", "json", "--state", household.path("manager"))
            let newest = try JSONDecoder().decode(Group.self, from: Data(text.utf8)).keyGeneration
            let own = names.map { name in
                try? NodeRemote.status(stateDirectory: household.path(name)).keyGeneration
            }
            if own.allSatisfy({ $0 == newest }) { return true }
            standing =
                "\(newest): " + zip(names, own).map { "\($0) \($1.map { "\($0)" } ?? "-")" }.joined(separator: ", ")
            try await Task.sleep(for: .milliseconds(20))
        }
        violations.append("round \(round): not all members have the keys of generation \(standing)")
        return false
    }

    /// A command is done once by every responder.
    private func sendOnce(_ round: Int) async throws {
        let responders = names.filter { $0 != "switch" }
        let before = try responders.map { try handled($0) }
        let request = SendRequest(
            group: "hall", path: ["light"], payload: Array((round.isMultiple(of: 2) ? "on" : "off").utf8),
            contentFormat: .textPlain, deadline: .seconds(10))
        var answers: [String] = []
        var end = "nothing"
        for await update in try NodeRemote.send(request, stateDirectory: household.path("switch")) {
            switch update {
            case .response(let response): answers.append(response.name ?? response.senderID)
            case .completed(let summary): end = "\(summary)"
            case .failed(let message, _): end = message
            }
        }
        let after = try responders.map { try handled($0) }
        let runs = zip(before, after).map { $1 - $0 }
        // A guest who has just come the switch does not wait for before it has read the roster again.
        let known = Set(answers).union(responders.filter { $0 == guest })
        if known != Set(responders) || Set(answers).count != answers.count || runs.contains(where: { $0 != 1 }) {
            violations.append("round \(round): answers of \(answers), handlers run \(runs): \(end)")
        }
    }

    private func handled(_ name: String) throws -> Int64 {
        Int64(try NodeRemote.status(stateDirectory: household.path(name)).counters.handlerCalls)
    }

    private func note(_ action: String) { actions[action, default: 0] += 1 }
}
