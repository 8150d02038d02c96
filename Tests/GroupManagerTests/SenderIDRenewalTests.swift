import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// POST `…/nodes/NODENAME`, and the Sender IDs that it leaves behind.
struct SenderIDRenewalTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 181)
        manager = fixture.manager
    }

    @Test(.requirement("GM-0228", "GM-0229", "GM-0234", "GM-0237", "GM-0246", "GM-0372"))
    func aMemberGetsANewSenderID() throws {
        let client = try fixture.member("a")
        _ = try fixture.member("b")
        let answer = try client.ask(manager, .post, "ace-group/g7/nodes/a")
        #expect(answer.code == .content && answer.options.contentFormat == .aceGroupcomm)
        #expect(answer.payload == hex("a1154102"))
        let member = try #require(manager.member("a"))
        #expect(member.senderID == [2] && member.credential == client.credential.bytes)
        #expect(manager.stale("g7") == [0: [[0]]])
        #expect(try client.ask(manager, .get, "ace-group/g7/num").payload == [0])
        #expect(try client.ask(manager, .get, "ace-group/g7/nodes/a").map[8]?.mapValue?[7] == .bytes([2]))
        for code in [Code.put, .patch, .iPatch, .fetch] {
            #expect(try client.ask(manager, code, "ace-group/g7/nodes/a").code == .methodNotAllowed)
        }
        #expect(
            try client.ask(manager, .post, "ace-group/g7/nodes/a", [0xa0], format: .aceGroupcomm).code == .badRequest)
        #expect(manager.member("a")?.senderID == [2])
    }

    @Test(.requirement("GM-0231", "GM-0198"))
    func aMonitorHasNoneToRenew() throws {
        let monitor = try fixture.member("m", .monitor)
        let answer = try monitor.ask(manager, .post, "ace-group/g7/nodes/m")
        #expect(answer.code == .badRequest && answer.payload == hex("a100a10001"))
        #expect(manager.stale("g7") == [:] && manager.store.snapshot.assignedSenderIDs.isEmpty)
    }

    @Test(.requirement("GM-0099", "GM-0232", "GM-0367"))
    func whenAllAreTakenThereIsNone() throws {
        try manager.createGroup("short") {
            $0.groupMode = GroupKeyMap.GroupMode(
                encryption: .aesCCM_64_64_128, signature: .edDSA, signatureParameters: .ed25519)
        }
        let client = try fixture.member("a", in: "short")
        try manager.exhaust("short")
        // The same join again needs no new one.
        #expect(try client.join(manager, group: "short", roles: [.requester, .responder]).code == .changed)
        let senderID = try #require(manager.member("a", in: "short")?.senderID)
        let answer = try client.ask(manager, .post, "ace-group/short/nodes/a")
        #expect(answer.code == .serviceUnavailable && answer.problem == 4)
        #expect(try #require(answer.options.maxAge) > 0)
        // New keys make room: whoever asks again gets one.
        let group = try #require(manager.store.groups["short"])
        #expect(group.record.version == 1 && manager.member("a", in: "short")?.senderID == senderID)
        #expect(try client.ask(manager, .post, "ace-group/short/nodes/a").code == .content)
    }

    /// Fifty at once are no reason to rekey, and most of them have to wait.
    @Test(.requirement("GM-0237", "GM-0351"))
    func renewalsAreLimited() throws {
        let fixture = try Fixture(seed: 182) { $0.clientRate = ManagerSettings().clientRate }
        let manager = fixture.manager
        let client = try fixture.member("a")
        let other = try fixture.member("b")
        var codes: [Code] = []
        for _ in 0..<50 {
            let answer = try client.ask(manager, .post, "ace-group/g7/nodes/a")
            codes.append(answer.code)
            if answer.code == .tooManyRequests { #expect(try #require(answer.options.maxAge) > 0) }
        }
        #expect(Set(codes) == [.content, .tooManyRequests] && codes.count { $0 == .content } <= 10)
        #expect(try client.ask(manager, .get, "ace-group/g7/num").payload == [0])
        // Others are served, and reading costs nothing.
        #expect(try other.ask(manager, .post, "ace-group/g7/nodes/b").code == .content)
        #expect(manager.pass(.seconds(2)) == [])
        #expect(try client.ask(manager, .post, "ace-group/g7/nodes/a").code == .content)
    }

    /// Whoever comes and goes all the time costs identifiers, too.
    @Test(.requirement("GM-0351"))
    func comingAndGoingIsLimited() throws {
        let fixture = try Fixture(seed: 183) { $0.clientRate = ManagerSettings().clientRate }
        let manager = fixture.manager
        let client = try fixture.client("a", [("g7", 6)])
        var codes: [Code] = []
        for index in 0..<50 {
            let answer = try client.join(manager, group: "g7", roles: .requester, nonce: [UInt8(index)])
            codes.append(answer.code)
            guard answer.code != .tooManyRequests else {
                #expect(try #require(answer.options.maxAge) > 0)
                continue
            }
            #expect(try client.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        }
        #expect(Set(codes) == [.created, .tooManyRequests])
        #expect(manager.store.snapshot.assignedSenderIDs.count <= 12)
        // A building that joins at once is no such client.
        for index in 0..<30 { _ = try fixture.member("n\(index)") }
        // Joining again and again, without leaving, is the same.
        let again = try fixture.member("z")
        let repeated = try (0..<50).map { index in
            try again.join(manager, group: "g7", roles: .requester, nonce: [UInt8(index), 1]).code
        }
        #expect(Set(repeated) == [.changed, .tooManyRequests])
    }
}

/// FETCH `…/stale-sids`.
struct StaleSenderIDTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 191)
        manager = fixture.manager
    }

    /// A group at a version, with these stale sets.
    private func prepare(version: UInt64, _ sets: [UInt64: [[UInt8]]]) throws -> TestClient {
        let client = try fixture.member("a")
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].version = version
            snapshot.staleSenderIDs = sets.flatMap { version, ids in
                ids.map { StaleSenderIDRecord(groupName: "g7", version: version, senderID: $0) }
            }
        }
        return client
    }

    private func fetch(
        _ client: TestClient, _ payload: [UInt8], _ format: ContentFormat? = .cbor
    ) throws -> Message {
        try client.ask(manager, .fetch, "ace-group/g7/stale-sids", payload, format: format)
    }

    @Test(.requirement("GM-0246", "GM-0253", "GM-0254", "GM-0255", "GM-0256", "GM-0372", "GM-0373"))
    func theUnionOfTheNewestSetsIsTold() throws {
        let client = try prepare(version: 5, [3: [[1]], 4: [[2], [1]], 5: [[7]]])
        func ids(_ known: UInt8) throws -> Set<[UInt8]> {
            let answer = try fetch(client, [known])
            #expect(answer.code == .content && answer.options.contentFormat == .cbor)
            let payload = answer.payload
            let items = try #require(try CBORValue(decoding: payload.span).arrayItems)
            // Once each.
            #expect(Set(items).count == items.count)
            return Set(items.compactMap(\.byteString))
        }
        #expect(try ids(3) == [[1], [2], [7]])
        #expect(try ids(4) == [[1], [2], [7]])
        // Too far back: no payload, and so no format of one.
        for known: UInt8 in [2, 1, 0] {
            let answer = try fetch(client, [known])
            #expect(answer.code == .content && answer.payload == [] && answer.options.contentFormat == nil)
        }
        #expect(try client.ask(manager, .post, "ace-group/g7/nodes/a").code == .content)
        #expect(try ids(4) == [[0], [1], [2], [7]])
    }

    @Test(.requirement("GM-0255"))
    func nothingStaleIsAnEmptyArray() throws {
        let client = try prepare(version: 5, [:])
        #expect(try fetch(client, [4]).payload == [0x80])
        #expect(try fetch(client, [2]).payload == [])
    }

    @Test(.requirement("GM-0253"))
    func aYoungGroupHasFewerSets() throws {
        let client = try prepare(version: 1, [0: [[9]]])
        #expect(try fetch(client, [0]).payload == hex("814109"))
        try manager.configure("g7") { $0.maximumStaleSets = 8 }
        #expect(try fetch(client, [0]).payload == hex("814109"))
    }

    @Test(.requirement("GM-0251", "GM-0252", "GM-0359", "GM-0366"))
    func otherRequestsAreMalformed() throws {
        let client = try prepare(version: 3, [:])
        for payload in ["03", "04", "1bffffffffffffffff", "20", "6130", "", "a0", "80", "0000", "ff", "f6", "4100"] {
            #expect(try fetch(client, hex(payload)).code == .badRequest, "\(payload)")
        }
        #expect(try fetch(client, hex("1802")).code == .content)
        for format in [ContentFormat.aceGroupcomm, .textPlain, nil] {
            #expect(try fetch(client, [2], format).code == .unsupportedContentFormat)
        }
        #expect(try client.ask(manager, .get, "ace-group/g7/stale-sids").code == .methodNotAllowed)
    }

    /// Leaving, joining again and renewing all end in the set of the present version.
    @Test(.requirement("GM-0234", "GM-0242", "GM-0246", "GM-0344"))
    func allThatIsGivenUpIsStale() throws {
        let clients = try ["a", "b", "c", "d"].map { try fixture.member($0) }
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].version = 4
        }
        #expect(try clients[0].ask(manager, .post, "ace-group/g7/nodes/a").payload == hex("a1154104"))
        #expect(try clients[1].join(manager, group: "g7", roles: .requester, nonce: [9]).code == .changed)
        #expect(try clients[2].ask(manager, .delete, "ace-group/g7/nodes/c").code == .deleted)
        #expect(manager.stale("g7") == [4: [[0], [1], [2]]])
        #expect(try fetch(clients[3], [3]).payload == hex("83410041014102"))
        try manager.restart()
        #expect(try fetch(clients[3], [3]).payload == hex("83410041014102"))
    }
}
