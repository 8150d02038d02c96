import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// A client whose authorization ends again and again costs the others no more than one that leaves.
struct DepartureLimitTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 441) {
            $0.senderIDsPerClient = ManagerSettings().senderIDsPerClient
            $0.senderIDPeriod = ManagerSettings().senderIDPeriod
        }
        manager = fixture.manager
    }

    /// Its authorization server gives it tokens that last for a minute.
    @Test(.requirement("GM-0349", "GM-0351", "GM-0367"))
    func shortTokensDoNotHelp() throws {
        let client = try fixture.stranger("a")
        var codes: [Code] = []
        for index in 0..<20 {
            codes.append(try join(client, nonce: UInt8(index)).code)
            _ = manager.pass(.seconds(150))
            #expect(manager.member("a") == nil)
        }
        #expect(codes == Self.sixteenOfTwenty)
        #expect(manager.store.groups["g7"]?.record.version == 16)
        // Others are not kept out.
        #expect(try join(fixture.stranger("b"), nonce: 1).code == .created)
        // It gets on slowly, by a departure a day.
        let wait = try #require(try join(client, nonce: 100).options.maxAge)
        #expect(wait > 80_000 && wait <= 86_400)
        _ = manager.pass(.seconds(Int64(wait) - 1))
        #expect(try join(client, nonce: 101).options.maxAge == 1)
        _ = manager.pass(.seconds(1))
        #expect(try join(client, nonce: 102).code == .created)
        _ = manager.pass(.seconds(150))
        #expect(try join(client, nonce: 103).code == .tooManyRequests)
    }

    @Test(.requirement("GM-0349", "GM-0351"))
    func revokedTokensDoNotHelp() throws {
        let client = try fixture.stranger("a")
        var codes: [Code] = []
        for index in 0..<20 {
            codes.append(try join(client, nonce: UInt8(index)).code)
            let token = try #require(manager.store.clients.values.first { $0.client.subject == "a" }).tokenID
            let answer = try manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: token).encoded())
            #expect(answer.code == .created && manager.member("a") == nil)
        }
        #expect(codes == Self.sixteenOfTwenty)
    }

    /// The end of one token is one departure, however many groups it is from: each of them gets new keys once.
    @Test(.requirement("GM-0349", "GM-0351"))
    func theEndOfOneTokenCountsOnce() throws {
        let client = try fixture.stranger("a")
        for index in 0..<10 {
            #expect(try join(client, nonce: UInt8(index)).code == .created)
            let answer = try client.join(manager, group: "g8", roles: .requester, nonce: [UInt8(index)])
            #expect(answer.code == .created)
            _ = manager.pass(.seconds(150))
            #expect(manager.member("a") == nil && manager.member("a", in: "g8") == nil)
        }
        #expect(try join(client, nonce: 20).code == .created)
    }

    /// What could not be stored has not happened.
    @Test(.requirement("GM-0351", "GM-0369"))
    func aFullDiskCountsForNothing() throws {
        let client = try fixture.stranger("a")
        #expect(try join(client, nonce: 0).code == .created)
        for _ in 0..<20 {
            manager.failsNextCommit = true
            _ = manager.pass(.seconds(61))
            #expect(manager.member("a") != nil || !manager.failsNextCommit)
        }
        manager.failsNextCommit = false
        _ = manager.pass(.seconds(150))
        #expect(manager.member("a") == nil)
        #expect(try join(client, nonce: 1).code == .created)
    }

    /// Where there are more strangers than accounts, those with the largest debts keep theirs, and whoever comes new gets one.
    @Test(.requirement("GM-0351", "GM-0367"))
    func strangersDoNotFillTheAccounts() {
        var budget = RateBudget<Int>(every: 86_400, burst: 2, capacity: 4)
        let now = MonotonicInstant(nanoseconds: 0)
        for _ in 0..<2 { budget.charge(0, at: now) }
        for stranger in 1..<20 { budget.charge(stranger, at: now) }
        for _ in 0..<2 { budget.charge(20, at: now) }
        for key in [0, 20] { #expect(budget.wait(for: key, at: now) == 86_400, "\(key)") }
        #expect(budget.wait(for: 21, at: now) == nil)
    }

    /// Tokens of a server that the operator has removed end as well.
    @Test(.requirement("GM-0349"))
    func membersOfAServerThatIsNoMoreGo() throws {
        _ = try fixture.member("a")
        let node = try TestNode(try manager.invite("lamp"), seed: 442)
        #expect(try node.join(manager).code == .created)
        var settings = manager.engine.settings
        settings.authorizationServers = []
        let later = try TestManager(manager.store.snapshot, seed: 443, settings: settings)
        _ = later.pass(.seconds(3_500))
        #expect(later.member("a") != nil)
        _ = later.pass(.seconds(200))
        #expect(later.member("a") == nil && later.member("lamp") != nil)
        #expect(later.events.contains(.evicted(group: "g7", node: "a", reason: .tokenExpired)))
    }

    private static let sixteenOfTwenty =
        [Code](repeating: .created, count: 16) + [Code](repeating: .tooManyRequests, count: 4)

    /// Joins with a new token, which lasts for a minute.
    private func join(_ client: TestClient, nonce: UInt8) throws -> Message {
        client.material = OSCOREInputMaterial(
            id: client.bytes(8), masterSecret: client.bytes(16), salt: client.bytes(8))
        client.token = try fixture.token(for: client, client.name, [("g7", 6), ("g8", 6)]) {
            $0.expiration = manager.wallClock.seconds + 60
        }
        try client.upload(manager)
        return try client.join(manager, group: "g7", roles: .requester, nonce: [nonce])
    }
}
