import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Members whose tokens come to their end.
struct NewTokenTests {
    private static let renewal = ["POST /token", "POST /authz-info", "GET /ace-group/lights/num"]
    private static let day: Int64 = 86_400

    /// A lamp with a token of so many days, which was just started.
    private static func bench(seed: UInt64, days: UInt64 = 30) throws -> (Bench, Bench.Unit) {
        let bench = try Bench(seed: seed)
        bench.manager.lifetime = days * UInt64(day)
        bench.startsAt = Bench.wallClock
        let lamp = try bench.add("lamp", roles: .responder)
        // From here on the requests of the renewal alone.
        bench.manager.policies = GroupPolicies(keyUpdateCheckInterval: 400 * UInt64(day))
        try bench.restart(lamp)
        bench.run(for: .seconds(5))
        bench.manager.requests = []
        return (bench, lamp)
    }

    private static func expiry(_ unit: Bench.Unit) -> UInt64 { unit.store.state.token?.expiry ?? 0 }

    /// Its invitation is void: the manager was restored.
    @Test(.requirement("GM-0030", "GM-0396"), arguments: 1...4 as ClosedRange<UInt64>)
    func aTokenIsReplacedBeforeItEndsWithoutTheInvitation(seed: UInt64) throws {
        let (bench, lamp) = try Self.bench(seed: 440 + seed)
        bench.manager.endpoint.protection.barInvitations()
        let first = Self.expiry(lamp)
        bench.run(for: .seconds(20 * Self.day))
        #expect(bench.manager.requests.isEmpty, "too early")
        bench.run(for: .seconds(9 * Self.day))
        #expect(bench.manager.requests == Self.renewal)
        #expect(Self.expiry(lamp) > first)
        // And the next one.
        bench.run(for: .seconds(15 * Self.day))
        #expect(bench.manager.requests == Self.renewal)
        bench.run(for: .seconds(14 * Self.day))
        #expect(bench.manager.requests == Self.renewal + Self.renewal)
        #expect(lamp.left.isEmpty)
    }

    /// At a tenth of its life, a day at least, and when half of it is over where it lives shorter; and somewhat before.
    @Test(.requirement("GM-0030"), arguments: [(1, 12), (2, 24), (5, 96), (30, 648)] as [(UInt64, Int64)])
    func howLongATokenServesDependsOnItsLife(days: UInt64, latest: Int64) throws {
        let (bench, lamp) = try Self.bench(seed: 450, days: days)
        bench.manager.endpoint.protection.barInvitations()
        var hours: [Int64] = []
        for hour in 0..<Int64(days) * 48 {
            bench.run(for: .seconds(3_600))
            if bench.manager.requests.contains("POST /token") { hours.append(hour) }
            bench.manager.requests = []
        }
        let gaps = zip(hours, hours.dropFirst()).map { $1 - $0 }
        #expect(!gaps.isEmpty && gaps.allSatisfy { $0 <= latest && $0 >= latest * 7 / 8 - 1 }, "\(gaps)")
        #expect(lamp.left.isEmpty)
    }

    /// The token is durable before it is uploaded; each upload has nonces of its own.
    @Test(.requirement("GM-0030"), arguments: [true, false])
    func aCrashCostsAnUploadAndNoMore(isStored: Bool) throws {
        let (bench, lamp) = try Self.bench(seed: 460)
        bench.manager.endpoint.protection.barInvitations()
        let first = Self.expiry(lamp)
        bench.crashes = { _, changes in
            isStored && changes.writes.contains { if case .saveToken = $0 { true } else { false } }
        }
        // Either behind the commit, or behind the upload.
        bench.delivers = { [bench] _ in isStored || bench.manager.requests.last != "POST /authz-info" }
        bench.run(for: .seconds(29 * Self.day))
        #expect(Self.expiry(lamp) > first)
        #expect(lamp.isRunning != isStored)
        (bench.crashes, bench.delivers) = ({ _, _ in false }, { _ in true })
        bench.startsAt = UnixTime(seconds: Bench.wallClock.seconds + UInt64(29 * Self.day))
        bench.manager.requests = []
        try bench.restart(lamp)
        bench.run(for: .seconds(10))
        #expect(bench.manager.requests.first == "POST /authz-info")
        #expect(!bench.manager.requests.contains("POST /token"))
        #expect(lamp.engine.snapshot.membership?.hasKeys == true)
        #expect(Set(bench.manager.uploads).count == bench.manager.uploads.count)
    }

    /// What cannot be stored is not uploaded; an hour or two later there is another one.
    @Test(.requirement("GM-0030"), arguments: [true, false])
    func aNewTokenThatDoesNotComeIsAskedForAgain(isDiskFull: Bool) throws {
        let (bench, lamp) = try Self.bench(seed: 470)
        let token = lamp.store.state.token
        let refused = ResourceResponse(isDiskFull ? .created : .internalServerError)
        if isDiskFull { lamp.store.failsNext = true } else { bench.manager.instead["POST /token"] = [refused] }
        for _ in 0..<30 * 1_440 where bench.manager.requests.isEmpty { bench.run(for: .seconds(60)) }
        #expect(bench.manager.requests == ["POST /token"])
        #expect(lamp.store.state.token == token && lamp.engine.snapshot.membership?.hasKeys == true)
        bench.run(for: .seconds(7_300))
        #expect(bench.manager.requests == ["POST /token"] + Self.renewal)
        #expect(lamp.store.state.token != token)
    }

    /// Somebody says in the manager's place that it does not take the token, and the manager knows the invitation no more.
    @Test(.requirement("GM-0030", "GM-0396")) func whoseInvitationIsRefusedAsksWithItsToken() throws {
        let (bench, lamp) = try Self.bench(seed: 480)
        bench.manager.endpoint.protection.forgetClients()
        bench.manager.endpoint.protection.barInvitations()
        bench.manager.instead["POST /authz-info"] = [ResourceResponse(.unauthorized)]
        let read = { bench.act(lamp) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) } }
        read()
        bench.run(for: .seconds(20))
        // A request under the invitation does not get through.
        #expect(bench.manager.requests == ["POST /authz-info"])
        #expect(lamp.store.state.token != nil)
        let token = lamp.store.state.token
        bench.run(for: .seconds(60))
        bench.manager.requests = []
        read()
        bench.run(for: .seconds(20))
        #expect(
            bench.manager.requests == [
                "POST /authz-info", "GET /ace-group/lights/kdc-cred", "POST /token",
                "GET /ace-group/lights/nodes/n-lamp",
                "POST /authz-info", "GET /ace-group/lights/num",
            ])
        #expect(lamp.store.state.token != token)
    }

    /// A node without the time of day asks once a day.
    @Test(.requirement("GM-0030")) func whoDoesNotKnowTheTimeAsksEachDay() throws {
        let (bench, lamp) = try Self.bench(seed: 490)
        bench.startsAt = nil
        try bench.restart(lamp)
        bench.run(for: .seconds(5))
        bench.manager.requests = []
        bench.run(for: .seconds(Self.day))
        #expect(bench.manager.requests == Self.renewal)
    }
}
