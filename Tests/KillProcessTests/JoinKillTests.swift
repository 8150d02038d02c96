import Foundation
import TestSupport
import Testing

/// Nodes join while they and the manager are killed at random moments.
@Suite(.namespacePermitted, .inNetworkNamespace)
struct JoinKillTests {
    private static let rounds = 200

    /// After 200 rounds every node has joined, once, and no Sender ID was wasted on an answer that got lost.
    @Test(.requirement("GM-0129", "GM-0130", "GM-0492", "GM-0495"))
    func everyNodeJoinsOnceHoweverProcessesAreKilled() throws {
        let faults = try Faults(cutsPower: false, rounds: Self.rounds).run()
        #expect(faults.violations == [])
        #expect(faults.kills > Self.rounds)
    }

    /// The same where the machine loses power with the process: what the disk had not confirmed is gone.
    @Test(.requirement("GM-0243", "GM-0495", "GM-0499"))
    func everyNodeJoinsOnceHoweverThePowerGoes() throws {
        let faults = try Faults(cutsPower: true, rounds: Self.rounds).run()
        #expect(faults.violations == [])
        // The layer was there, and had something to take.
        #expect(faults.loss.watchedFiles > 0)
        #expect(faults.loss.writes > 0)
    }

    /// Without waiting for the disk the same test fails: a manager forgets whom it has told that it is a member.
    @Test func aManagerThatDoesNotWaitForTheDiskForgets() throws {
        let faults = try Faults(cutsPower: true, rounds: 20, guardsOff: "durability").run()
        #expect(faults.loss.watchedFiles > 0)
        #expect(!faults.violations.isEmpty)
    }
}

/// One run of joins with faults.
private final class Faults {
    /// What must not be.
    private(set) var violations: [String] = []
    private(set) var kills = 0
    private(set) var loss = PowerCut.Loss()
    private let cutsPower: Bool
    private let rounds: Int
    private let seed = UInt64.random(in: 0...UInt64.max)
    private let household: Household

    init(cutsPower: Bool, rounds: Int, guardsOff: String? = nil) throws {
        self.cutsPower = cutsPower
        self.rounds = rounds
        household = try Household()
        if cutsPower {
            household.managerEnvironment = try PowerCut.environment()
            household.managerEnvironment["GOSC_POWER_CUT_SYNC_MICROSECONDS"] = "4000"
        }
        if let guardsOff { household.managerEnvironment["GOSC_GUARDS_OFF"] = guardsOff }
    }

    func run() throws -> Faults {
        defer { household.tearDown() }
        try household.startManager(groupFile: "name: hall\naddress: auto\nresources: [light]\n")
        var random = SeededGenerator(seed: seed)
        for round in 0..<rounds {
            let name = "n\(round)"
            // Where the disk is not waited for, the manager forgets groups as well as members: nothing can go on then.
            guard (try? household.invite(name, group: "hall", roles: "responder")) != nil else {
                violations.append("round \(round): the invitation was not possible")
                break
            }
            let join = try household.startJoin(name)
            // The moment is the point: a join takes some 100 ms here, most of it to start.
            usleep(UInt32.random(in: 0...150_000, using: &random))
            switch UInt8.random(in: 0...3, using: &random) {
            case 0: end(join)
            case 1: try killManager()
            case 2:
                end(join)
                try killManager()
            default:
                // One after the other, so that either may know more.
                try killManager()
                end(join)
            }
            guard try finish(join, name) else { break }
        }
        // Whatever is not durable is lost now at the latest.
        try killManager()
        try check()
        return self
    }

    private func end(_ join: Process) {
        guard join.isRunning else { return }
        kill(join.processIdentifier, SIGKILL)
        join.waitUntilExit()
        kills += 1
    }

    private func killManager() throws {
        household.kill("manager")
        kills += 1
        if cutsPower { loss += try PowerCut.cut(household.path("manager")) }
        guard (try? household.startManager()) != nil else {
            violations.append("the manager does not start any more")
            return
        }
    }

    /// Has the node join again until it is a member; false if it never will be.
    private func finish(_ first: Process, _ name: String) throws -> Bool {
        var join = first
        for _ in 0..<5 {
            join.waitUntilExit()
            if join.terminationStatus == 0 { return true }
            // It may have been killed behind its last commit: a member already, it says so.
            let log = try String(contentsOf: household.log(name), encoding: .utf8)
            if log.contains("is a member already") { return true }
            join = try household.startJoin(name)
        }
        violations.append("\(name) never joined: \(try String(contentsOf: household.log(name), encoding: .utf8))")
        return false
    }

    private func check() throws {
        struct Member: Decodable {
            let name: String
            let senderID: String
            let state: String

            enum CodingKeys: String, CodingKey {
                case name, state
                case senderID = "sender_id"
            }
        }
        guard
            let text = try? household.run(
                "member", "list", "hall", "--output", "json", "--state", household.path("manager"))
        else {
            violations.append("there is no list of members")
            return
        }
        let members = try JSONDecoder().decode([Member].self, from: Data(text.utf8))
        let joined = members.filter { $0.state == "joined" }
        if joined.count != rounds { violations.append("\(joined.count) of \(rounds) are members") }
        let senderIDs = joined.map(\.senderID)
        if Set(senderIDs).count != senderIDs.count { violations.append("a Sender ID twice") }
        // One byte each, from 00 on: a gap is an identifier that nobody got.
        let wanted = Set((0..<rounds).map { String(format: "%02x", $0) })
        if Set(senderIDs) != wanted { violations.append("Sender IDs \(Set(senderIDs).symmetricDifference(wanted))") }
    }
}
