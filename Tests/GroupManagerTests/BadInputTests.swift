import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import OSCORE
import TestSupport
import Testing

/// Whatever comes, the answer is a success or an error that says whose fault it is, and a refused request changes nothing.
struct BadInputTests {
    /// One handler, and a payload that it takes.
    struct Handler: Sendable, CustomTestStringConvertible {
        let code: Code
        let path: String
        let format: ContentFormat?
        let payload: @Sendable (TestClient, Fixture) throws -> [UInt8]
        /// Whether it is asked without protection.
        var isOpen = false
        var isVerifiers = false

        var testDescription: String { "\(code) \(path)" }
    }

    static let handlers: [Handler] = [
        Handler(
            code: .post, path: "authz-info", format: .ace, payload: { try upload($0, $1, nonces: true) }, isOpen: true),
        Handler(code: .post, path: "authz-info", format: .ace) { try upload($0, $1, nonces: false) },
        Handler(code: .post, path: "ace-group/g7", format: .aceGroupcomm) { client, _ in
            try client.joinRequest("g7", .requester, controlURI: "coap://[::1]/node").encoded()
        },
        Handler(code: .fetch, path: "ace-group", format: .aceGroupcomm) { _, _ in hex("a1008243b1000043ffffff") },
        Handler(code: .fetch, path: "ace-group/g7/creds", format: .aceGroupcomm) { _, _ in
            hex("a10483f5820204824101420002")
        },
        Handler(
            code: .fetch, path: "ace-group/g7/kdc-cred", format: .aceGroupcomm,
            payload: { _, _ in hex("a10648c1c2c3c4c5c6c7c8") }, isVerifiers: true),
        Handler(code: .fetch, path: "ace-group/g7/stale-sids", format: .cbor) { _, _ in hex("1901f4") },
        Handler(code: .post, path: "ace-group/g7/nodes/a", format: nil) { _, _ in [] },
        Handler(code: .post, path: "ace-group/g7/nodes/a/cred", format: .aceGroupcomm) { client, _ in
            let scope = ScopeEntry(groupName: "g7", roles: [.requester, .responder]).encoded()
            return CredentialUpdate(
                credential: client.credential.bytes, clientNonce: [1, 2, 3],
                evidence: try client.evidence(scope: scope, nonce: [1, 2, 3])
            ).encoded()
        },
    ]

    private static func upload(_ client: TestClient, _ fixture: Fixture, nonces: Bool) throws -> [UInt8] {
        TokenUpload(
            token: try fixture.token(for: client, "a", [("g7", 6)]), nonce1: nonces ? [1, 2, 3, 4, 5, 6, 7, 8] : nil,
            clientRecipientID: nonces ? [5] : nil, asksForSignInfo: nonces, asksForECDHInfo: nonces,
            asksForDHCredentials: nonces
        ).encoded()
    }

    @Test(.requirement("GM-0043", "GM-0083", "GM-0194", "GM-0251", "GM-0359", "GM-0369"), arguments: handlers)
    func everyPrefixAndManyMutations(handler: Handler) throws {
        let fixture = try Fixture(seed: 301)
        let client = try fixture.member("a")
        let verifier = try fixture.client("v", [("g7", 16)])
        let asker = handler.isVerifiers ? verifier : client
        let good = try handler.payload(asker, fixture)
        var random = SeededGenerator(seed: 302)
        var answers: [Code: Int] = [:]
        func offer(_ payload: [UInt8], _ format: ContentFormat?) throws {
            let before = fixture.manager.store.groups
            let message = TestClient.message(handler.code, handler.path, payload, format: format)
            let answer =
                handler.isOpen
                ? try asker.open.askOpenly(fixture.manager, message) : try asker.ask(fixture.manager, message)
            answers[answer.code, default: 0] += 1
            #expect(answer.code.isSuccess || answer.code.class == 4, "\(answer.code): \(Hex.encode(payload))")
            if !answer.code.isSuccess { #expect(fixture.manager.store.groups == before, "\(Hex.encode(payload))") }
        }
        for count in 0..<good.count { try offer(Array(good.prefix(count)), handler.format) }
        for _ in 0..<2_000 { try offer(good.mutated(using: &random), handler.format) }
        // Nothing that is well formed and something else.
        for item in [
            "80", "a0", "f6", "00", "20", "40", "60", "f5", "fb3ff0000000000000", "c100", "9fff", "bfff", "5fff", "1c",
            "ff",
            "9b7fffffffffffffff", "5b7fffffffffffffff", "bb7fffffffffffffff",
        ] {
            try offer(hex(item), handler.format)
        }
        try offer([UInt8](repeating: 0x81, count: 4_000) + [0], handler.format)
        try offer([UInt8](repeating: 0, count: 8_192), handler.format)
        try offer(good, handler.format == nil ? .aceGroupcomm : ContentFormat(rawValue: 12_345))
        #expect(answers.keys.contains { $0.class == 4 })
        // It still does what it is for.
        #expect(try fixture.member("z").ask(fixture.manager, .get, "ace-group/g7").code == .content)
    }

    /// Depth, duplicate labels, what is behind the item, and lengths that are not there.
    @Test(.requirement("GM-0362", "GM-0363"))
    func whatIsReadIsBounded() throws {
        let fixture = try Fixture(seed: 303)
        let client = try fixture.client("a", [("g7", 6)])
        let good = try client.joinRequest("g7", .requester).encoded()
        let first = try #require(good.first)
        func join(_ payload: [UInt8]) throws -> Code {
            try client.ask(fixture.manager, TestClient.joinMessage(payload, path: ["ace-group", "g7"])).code
        }
        let refused: [[UInt8]] = [
            [UInt8](repeating: 0x81, count: 100) + [0], good + [0],
            // One label twice: the map has one pair more.
            [first + 1] + good.dropFirst() + hex("064101"),
            [first + 1] + good.dropFirst() + [0x18, 0xc8] + [UInt8](repeating: 0x81, count: 100) + [0],
            [first + 1] + good.dropFirst(), [first - 1] + good.dropFirst(),
        ]
        for payload in refused { #expect(try join(payload) == .badRequest) }
        // Longer heads and indefinite lengths say the same.
        #expect(try join([0xbf] + good.dropFirst() + [0xff]) == .created)
        #expect(try join([0xb8, first & 0x1f] + good.dropFirst()) == .changed)
    }

    /// A body that is too long is refused before it is read.
    @Test(.requirement("GM-0359", "GM-0362"))
    func bodiesAreBounded() throws {
        let fixture = try Fixture(seed: 304)
        let client = try fixture.member("a")
        for path in ["ace-group/g7", "ace-group/g7/nodes/a/cred", "authz-info"] {
            let payload = [UInt8](repeating: 0, count: 8_193)
            let answer = try client.ask(fixture.manager, .post, path, payload, format: .aceGroupcomm)
            #expect(answer.code == .requestEntityTooLarge, "\(path)")
        }
        #expect(try client.ask(fixture.manager, .get, "ace-group/g7").code == .content)
    }

    @Test(.requirement("GM-0359"))
    func garbledDatagramsChangeNothing() throws {
        let fixture = try Fixture(seed: 305)
        let manager = fixture.manager
        let client = try fixture.client("a", [("g7", 6)])
        let message = TestClient.joinMessage(
            try client.joinRequest("g7", .requester).encoded(), path: ["ace-group", "g7"])
        let datagram = try client.link().protect(message)
        let before = manager.store
        for count in 0..<datagram.count { _ = manager.deliver(Array(datagram.prefix(count)), from: client.address) }
        #expect(manager.store == before)
        // Header and token stay, so that the message gets past the message layer; all behind them is authenticated.
        let start = 4 + Int(datagram[0] & 0x0f)
        var random = SeededGenerator(seed: 306)
        for index in UInt16(0)..<1_000 {
            var mutated = datagram
            mutated[2] = UInt8(index >> 8)
            mutated[3] = UInt8(index & 255)
            let place = Int.random(in: start..<mutated.count, using: &random)
            mutated[place] ^= UInt8.random(in: 1...255, using: &random)
            _ = manager.deliver(mutated, from: SocketAddress(.loopback, port: 50_000 + index % 10_000))
            #expect(manager.store.groups == before.groups, "byte \(place)")
        }
        #expect(manager.store.snapshot.members.isEmpty)
        let sent = manager.deliver(try client.link().reframe(datagram), from: client.address)
        #expect(try client.link().openOwn(sent).map(\.code) == [.created])
    }

    /// Neither what members ask for nor what the administrator or an authorization server would.
    @Test(
        .requirement("COAP-0269", "COAP-0272", "GM-0166"),
        arguments: [
            "ace-group/g7", "ace-group/g7/creds", "ace-group", "manage", "manage/g7", "gosc/groups", "authz-info",
            "token",
        ])
    func nothingOfTheManagerIsServedToAGroup(path: String) throws {
        let fixture = try Fixture(seed: 307)
        let manager = fixture.manager
        let client = try fixture.member("a")
        let before = manager.store
        let allNodes = try #require(IPv6Address("ff02::fd"))
        let group = try #require(manager.store.groups["g7"]).record.address
        for code in [Code.get, .post, .put, .fetch] {
            let plain = TestClient.message(code, path)
            for destination in [group, allNodes] {
                // Plain, and protected with the keys of a member; a Message ID each, so that none is a duplicate.
                for datagram in [client.open.frame(plain), try client.link().protect(plain)] {
                    var datagram = datagram
                    datagram[0] |= 0x10
                    #expect(manager.deliver(datagram, from: client.address, to: destination) == [], "\(code)")
                }
            }
            guard path != "authz-info" else { continue }
            // The same to the manager alone is refused in the open, and does nothing either.
            let refusal = try client.open.askOpenly(manager, plain)
            let isThere = !path.hasPrefix("manage") && !path.hasPrefix("gosc")
            #expect(refusal.code == (isThere ? .unauthorized : .notFound) && refusal.options.oscore == nil)
        }
        #expect(manager.store == before)
    }
}

extension [UInt8] {
    /// The bytes with one to four changes: a bit, a byte, one more, one less, a piece again, or an end.
    func mutated(using random: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !bytes.isEmpty else { return [UInt8.random(in: 0...255, using: &random)] }
            let place = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 3: bytes.remove(at: place)
            case 4: bytes += bytes[place...].prefix(16)
            default: bytes.removeLast(Int.random(in: 0...Swift.min(8, bytes.count - 1), using: &random))
            }
        }
        return bytes
    }
}
