import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// policies, num, active, the keys again, kdc-cred and verif-data.
struct ReadingTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 161)
        manager = fixture.manager
    }

    @Test(.requirement("GM-0118", "GM-0263", "GM-0267", "GM-0268", "GM-0372"))
    func policiesAreTheSameEverywhere() throws {
        let client = try fixture.client("a", [("g7", 6)])
        let joined = try client.join(manager, group: "g7", roles: .requester).map
        let answer = try client.ask(manager, .get, "ace-group/g7/policies")
        #expect(answer.code == .content && answer.options.contentFormat == .aceGroupcomm)
        #expect(answer.payload == hex("a110a201190e100200"))
        #expect(try answer.map[16] == joined[16])
        try manager.configure("g7") { $0.policies = GroupPolicies(keyUpdateCheckInterval: 60, expirationDelta: 7) }
        #expect(try client.ask(manager, .get, "ace-group/g7/policies").map[16] == [1: 60, 2: 7])
        let again = try client.join(manager, group: "g7", roles: .requester, nonce: [9]).map
        #expect(again[16] == [1: 60, 2: 7])
        let shown = try manager.ask(.get, "manage/g7").payload
        #expect(try CBORValue(decoding: shown.span).mapValue?[16] == [1: 60, 2: 7])
    }

    @Test(.requirement("GM-0269", "GM-0271", "GM-0272", "GM-0372", "GM-0499"))
    func theVersionIsABareNumber() throws {
        let client = try fixture.member("a")
        let answer = try client.ask(manager, .get, "ace-group/g7/num")
        #expect(answer.code == .content && answer.payload == [0])
        #expect(answer.options.contentFormat == .aceGroupcomm)
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].version = 13
        }
        #expect(try client.ask(manager, .get, "ace-group/g7/num").payload == [0x0d])
        try manager.restart()
        #expect(try client.ask(manager, .get, "ace-group/g7/num").payload == [0x0d])
    }

    @Test(.requirement("GM-0275", "GM-0372", "GM-0373"))
    func whetherAGroupIsActiveIsABareBoolean() throws {
        let client = try fixture.member("a")
        for (active, byte) in [(true, 0xf5), (false, 0xf4), (true, 0xf5)] as [(Bool, UInt8)] {
            try manager.setActive(active)
            let answer = try client.ask(manager, .get, "ace-group/g7/active")
            #expect(answer.code == .content && answer.payload == [byte])
            #expect(answer.options.contentFormat == .cbor)
        }
    }

    @Test(.requirement("GM-0098", "GM-0197", "GM-0212", "GM-0230", "GM-0280", "GM-0281"))
    func whileAGroupIsInactiveItIsReadAndLeftAndNothingElse() throws {
        let client = try fixture.member("a")
        let joiner = try fixture.client("j", [("g7", 6)])
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].version = 1
        }
        try manager.setActive(false)
        try joiner.upload(manager)
        for path in ["", "/nodes/a", "/creds", "/num", "/policies", "/active", "/kdc-cred"] {
            #expect(try client.ask(manager, .get, "ace-group/g7\(path)").code == .content, "\(path)")
        }
        let stale = try client.ask(manager, .fetch, "ace-group/g7/stale-sids", [0], format: .cbor)
        #expect(stale.code == .content)
        let renewal = try client.ask(manager, .post, "ace-group/g7/nodes/a")
        #expect(renewal.code == .serviceUnavailable && renewal.problem == 9)
        #expect(try #require(renewal.options.maxAge) > 0)
        #expect(try joiner.join(manager, group: "g7", roles: .requester).problem == 9)
        #expect(try client.join(manager, group: "g7", roles: .requester, nonce: [2]).problem == 9)
        #expect(manager.member("a")?.senderID == [0])
        #expect(try client.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        try manager.setActive(true)
        try joiner.upload(manager)
        #expect(try joiner.join(manager, group: "g7", roles: .requester).code == .created)
        #expect(try joiner.ask(manager, .post, "ace-group/g7/nodes/j").code == .content)
    }

    @Test(.requirement("GM-0159", "GM-0160", "GM-0162", "GM-0207", "GM-0208", "GM-0372"))
    func theKeysAreReadAgain() throws {
        let client = try fixture.client("a", [("g7", 6)])
        let joined = try #require(try client.join(manager, group: "g7", roles: .requester).map[8]?.mapValue)
        let monitor = try fixture.member("m", .monitor)
        _ = manager.pass(.seconds(10))
        let expiration = try #require(manager.store.groups["g7"]).record.expiration
        for (reader, path, hasID) in [
            (client, "ace-group/g7", false), (client, "ace-group/g7/nodes/a", true), (monitor, "ace-group/g7", false),
            (monitor, "ace-group/g7/nodes/m", false),
        ] {
            let answer = try reader.ask(manager, .get, path)
            #expect(answer.code == .content && answer.options.contentFormat == .aceGroupcomm)
            let map = try answer.map
            #expect(map.labels == [7, 8, 9, 10, 11, 12], "\(path)")
            #expect(map[7] == 1 && map[9] == 0 && map[10] == 1)
            #expect(map[11]?.unsignedInteger == expiration)
            #expect(map[12]?.unsignedInteger == expiration - manager.wallClock.seconds)
            var key = try #require(map[8]?.mapValue)
            #expect((key[7] != nil) == hasID, "\(path)")
            key[7] = joined[7]
            #expect(key == joined)
        }
    }

    @Test(.requirement("GM-0072", "GM-0117", "GM-0292", "GM-0294", "GM-0372"))
    func theManagersCredentialIsProvenToAMember() throws {
        let client = try fixture.member("a")
        var nonces: Set<[UInt8]> = []
        for _ in 0..<10 {
            let answer = try client.ask(manager, .get, "ace-group/g7/kdc-cred")
            #expect(answer.code == .content && answer.options.contentFormat == .aceGroupcomm)
            let map = try answer.map
            #expect(map.labels == [17, 18, 19])
            #expect(try map[17]?.byteString == Fixture.managerCredential(.ed25519))
            let nonce = try #require(map[18]?.byteString)
            #expect(nonce.count >= 8 && nonces.insert(nonce).inserted)
            try expectSignature(map, over: Array(1...8))
        }
        // A monitor as well: it has a nonce of its own, though no credential.
        let monitor = try fixture.client("m", [("g7", 8)])
        #expect(try monitor.join(manager, group: "g7", roles: .monitor, nonce: [5, 5]).code == .created)
        try expectSignature(monitor.ask(manager, .get, "ace-group/g7/kdc-cred").map, over: [5, 5])
    }

    @Test(.requirement("GM-0295", "GM-0296", "GM-0297", "GM-0359"))
    func aVerifierBringsItsOwnNonce() throws {
        let verifier = try fixture.client("v", [("g7", 16), ("sg", 16), ("pw", 16)])
        func fetch(_ group: String, _ payload: [UInt8], _ format: ContentFormat? = .aceGroupcomm) throws -> Message {
            try verifier.ask(manager, .fetch, "ace-group/\(group)/kdc-cred", payload, format: format)
        }
        let answer = try fetch("g7", hex("a10648c1c2c3c4c5c6c7c8"))
        #expect(answer.code == .content && answer.options.contentFormat == .aceGroupcomm)
        #expect(try answer.map[19]?.byteString?.count == 64)
        try expectSignature(answer.map, over: hex("c1c2c3c4c5c6c7c8"))
        try expectSignature(fetch("sg", hex("a10641ff")).map, over: [0xff])
        let refused = try fetch("pw", hex("a10648c1c2c3c4c5c6c7c8"))
        #expect(refused.code == .badRequest && refused.payload == hex("a100a10007"))
        for payload in ["a0", "", "a10640", "a10601", "80", "ff", "a10648c1c2c3c4c5c6c7c800"] {
            #expect(try fetch("g7", hex(payload)).code == .badRequest, "\(payload)")
        }
        #expect(try fetch("g7", hex("a10641ff"), .cbor).code == .unsupportedContentFormat)
        #expect(try fetch("g7", hex("a10641ff"), nil).code == .unsupportedContentFormat)
        #expect(try fetch("g7", hex("a20641ff1863f5")).code == .content)
        // Whoever is inside asks as a member.
        let member = try fixture.client("a", [("g7", 20)])
        #expect(try member.join(manager, group: "g7", roles: .responder).code == .created)
        let other = try member.ask(
            manager, .fetch, "ace-group/g7/kdc-cred", hex("a10641ff"), format: .aceGroupcomm)
        #expect(other.code == .forbidden && other.problem == 8)
    }

    @Test(
        .requirement(
            "GM-0283", "GM-0284", "GM-0285", "GM-0286", "GM-0287", "GM-0288", "GM-0289", "GM-0290", "GM-0372"))
    func aVerifierGetsWhatUncoversSignatures() throws {
        let verifier = try fixture.client("v", [("g7", 16), ("sg", 16), ("pw", 16)])
        let answer = try verifier.ask(manager, .get, "ace-group/g7/verif-data")
        #expect(answer.code == .content && answer.options.contentFormat == .aceGroupcomm)
        let map = try answer.map
        #expect(map.labels == [7, 8, 9, 10, 11, 12, 33])
        #expect(map[33]?.byteString == hex("87d6b7076de57e170cebcfe9a22f846c"))
        #expect(
            map[8] == [3: 5, 4: 10, 6: .bytes(Fixture.groupID), 8: 14, 9: 10, 10: -8, 11: [[1], [1, 6]], 12: -27])
        #expect(map[7] == 1 && map[9] == 0 && map[10] == 1)
        for secret in [Fixture.masterSecret, Fixture.masterSalt] {
            #expect(!Hex.encode(answer.payload).contains(Hex.encode(secret)))
        }
        let key = try #require(try verifier.ask(manager, .get, "ace-group/sg/verif-data").map[8]?.mapValue)
        #expect(key.labels == [3, 6, 8, 9, 10, 11])
        let refused = try verifier.ask(manager, .get, "ace-group/pw/verif-data")
        #expect(refused.code == .badRequest && refused.payload == hex("a100a10007"))
        // A member has the keys, whatever else its token says.
        let member = try fixture.client("a", [("g7", 20)])
        #expect(try member.ask(manager, .get, "ace-group/g7/verif-data").code == .content)
        #expect(try member.join(manager, group: "g7", roles: .responder).code == .created)
        #expect(try member.ask(manager, .get, "ace-group/g7/verif-data").problem == 8)
    }

    private func expectSignature(
        _ map: CBORMap, over nonce: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let kdcNonce = try #require(map[18]?.byteString, sourceLocation: sourceLocation)
        let evidence = try #require(map[19]?.byteString, sourceLocation: sourceLocation)
        let input = ProofOfPossession.managerInput(clientNonce: nonce.span, kdcNonce: kdcNonce.span)
        let isProven = try Fixture.key(.ed25519).publicKey.isValidSignature(evidence.span, for: input.span)
        #expect(isProven, sourceLocation: sourceLocation)
    }
}
