import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// Every bad input of a join, and the order in which it is checked.
struct JoinRefusalTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 81)
        manager = fixture.manager
    }

    @Test(.requirement("GM-0077", "GM-0082", "GM-0155"))
    func anUnprotectedJoinIsRefused() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let before = manager.store
        let payload = try client.joinRequest("g7", .requester).encoded()
        let answer = try client.open.askOpenly(manager, TestClient.joinMessage(payload, path: ["ace-group", "g7"]))
        #expect(answer.code == .unauthorized && answer.options.contentFormat == .ace)
        #expect(manager.store == before)
    }

    @Test(.requirement("GM-0080", "GM-0082", "GM-0156", "GM-0157", "GM-0158"))
    func otherGroupsLookAlikeWhetherTheyExistOrNot() throws {
        let client = try fixture.client("x", [("g8", 6)])
        var answers: [Message] = []
        for group in ["g7", "pw", "nothing"] {
            let payload = try client.joinRequest(group, .requester).encoded()
            let answer = try client.ask(
                manager, TestClient.joinMessage(payload, path: ["ace-group", group]))
            #expect(answer.code == .forbidden && answer.payload == [] || answer.options.contentFormat == .ace)
            answers.append(answer)
        }
        #expect(Set(answers.map(\.code)).count == 1 && Set(answers.map(\.payload)).count == 1)
        // The name in the path and that in the scope are one.
        let both = try fixture.client("y", [("g7", 6), ("g8", 6)])
        let payload = try both.joinRequest("g8", .requester).encoded()
        let answer = try both.ask(manager, TestClient.joinMessage(payload, path: ["ace-group", "g7"]))
        #expect(answer.code == .badRequest)
        #expect(manager.lastRefusal == .scopeMismatch)
        #expect(manager.store.snapshot.members.isEmpty)
    }

    /// A name that the token grants and that was deleted, or never made.
    @Test(.requirement("GM-0158"))
    func aGrantedGroupThatIsNotThereIsError6() throws {
        let client = try fixture.client("n1", [("nothing", 6)])
        let answer = try client.join(manager, group: "nothing", roles: .requester)
        #expect(answer.code == .notFound && answer.problem == 6)
    }

    @Test(.requirement("GM-0098", "GM-0279", "GM-0367"))
    func anInactiveGroupTakesNobody() throws {
        try manager.createGroup("idle", active: false)
        let client = try fixture.client("n1", [("idle", 6)])
        let answer = try client.join(manager, group: "idle", roles: .requester)
        #expect(answer.code == .serviceUnavailable && answer.problem == 9)
        #expect(try #require(answer.options.maxAge) > 0)
        #expect(manager.lastRefusal == .groupInactive)
        try manager.setActive(true, "idle")
        #expect(try client.join(manager, group: "idle", roles: .requester).code == .created)
    }

    @Test(
        .requirement(
            "GM-0076", "GM-0078", "GM-0079", "GM-0083", "GM-0084", "GM-0090", "GM-0093", "GM-0094", "GM-0096",
            "GM-0100", "GM-0101", "GM-0302"))
    func badFormGetsTheInformationThatHelps() throws {
        let client = try fixture.client("n1", [("g7", 30)])
        #expect(try client.ask(manager, .get, "ace-group/g7").problem == 0)
        let before = try manager.substance
        let text: CBORValue = ["scope": .bytes(hex("8262673706")), "cnonce": .bytes([1])]
        let payloads: [(JoinRefusal?, [UInt8])] = [
            (.empty, []), (.malformed(.missing(3)), [0xa0]), (nil, [0xa1]), (nil, [0x80]), (nil, [0xff]),
            (.malformed(.missing(3)), text.encoded()),
            (nil, try changed(client, 3, .bytes(hex("818262673706")))), (nil, try changed(client, 3, nil)),
            (nil, try changed(client, 3, "g7")), (nil, try changed(client, 3, .bytes([]))),
            (.malformed(.missing(6)), try changed(client, 6, nil)), (nil, try changed(client, 6, "12345678")),
            (nil, try changed(client, 6, .bytes([]))),
            (nil, try changed(client, 4, [false, [2], []])), (nil, try changed(client, 4, [true, [], []])),
            (nil, try changed(client, 4, [true, [2], [.bytes([1])]])), (nil, try changed(client, 4, [true, [1], []])),
            (nil, try changed(client, 4, [true, [7], []])), (nil, try changed(client, 4, 1)),
            (nil, try changed(client, 4, [true, ["2"], []])), (nil, try changed(client, 4, [])),
            (.rolesNotPossible, try client.joinRequest("g7", [.monitor, .requester]).encoded()),
            (.rolesNotPossible, try client.joinRequest("g7", [.monitor, .responder]).encoded()),
            (.rolesNotPossible, try client.joinRequest("g7", [.monitor, .requester, .responder]).encoded()),
            (.rolesNotPossible, try client.joinRequest("g7", .verifier).encoded()),
            (.rolesNotPossible, try client.joinRequest("g7", []).encoded()),
            (.rolesNotPossible, try client.joinRequest("g7", Roles(rawValue: 32 + 6)).encoded()),
            (.controlURI, try client.joinRequest("g7", .requester, controlURI: "coap://[::1]/ace-group/g7").encoded()),
            (.controlURI, try client.joinRequest("g7", .requester, controlURI: "no uri").encoded()),
            (
                .controlURI,
                try client.joinRequest(
                    "g7", .requester, controlURI: "coap://[::1]/" + String(repeating: "a", count: 300)
                )
                .encoded()
            ),
            (nil, try changed(client, 26, 1)),
            (.credentialMissing, try changed(client, 5, nil)), (.credentialMissing, try changed(client, 24, nil)),
            (.credentialMissing, try changed(client, 5, .bytes([]))),
            (
                .credentialMissing,
                CBORValue.map(
                    { map in
                        var map = map
                        map[5] = nil
                        map[24] = nil
                        return map
                    }(try map(client))
                ).encoded()
            ),
            (nil, try changed(client, 5, "text")), (nil, try changed(client, 24, 1)),
        ]
        for (index, (reason, payload)) in payloads.enumerated() {
            let format: ContentFormat? = payload.isEmpty ? nil : .aceGroupcomm
            let answer = try client.ask(
                manager, TestClient.joinMessage(payload, path: ["ace-group", "g7"], format: format))
            #expect(answer.code == .badRequest, "case \(index)")
            #expect(answer.options.contentFormat == .aceGroupcomm, "case \(index)")
            #expect(try answer.map.labels == [29, 31], "case \(index)")
            if let reason { #expect(manager.lastRefusal == reason, "case \(index)") }
            guard case .joinRefused? = manager.events.last else {
                Issue.record("case \(index)")
                continue
            }
        }
        #expect(try manager.substance == before)
        for format in [ContentFormat.cbor, .ace, nil] {
            let payload = try client.joinRequest("g7", .requester).encoded()
            let message = TestClient.joinMessage(payload, path: ["ace-group", "g7"], format: format)
            #expect(try client.ask(manager, message).code == .unsupportedContentFormat)
        }
        #expect(try client.join(manager, group: "g7", roles: .monitor).code == .created)
    }

    @Test(.requirement("GM-0060", "GM-0100", "GM-0101"))
    func theInformationIsOfTheGroupAlone() throws {
        for (group, labels) in [("g7", [29, 31]), ("sg", [29]), ("pw", [31, 32])] as [(String, [Int64])] {
            let client = try fixture.client("n-\(group)", [(group, 6), ("g8", 6)])
            let answer = try client.ask(manager, TestClient.message(.post, "ace-group/\(group)"))
            #expect(answer.code == .badRequest && answer.options.contentFormat == .aceGroupcomm)
            let map = try answer.map
            #expect(map.labels == labels)
            for label in labels {
                #expect(map[label]?.arrayItems?.count == 1)
                #expect(map[label]?.arrayItems?.first?.arrayItems?.first == .text(group))
            }
        }
    }

    @Test(.requirement("GM-0081", "GM-0303"))
    func rolesBeyondTheTokenAreRefused() throws {
        let client = try fixture.client("n1", [("g7", 4)])
        for roles in [[.requester, .responder], .requester, .monitor] as [Roles] {
            let answer = try client.join(manager, group: "g7", roles: roles)
            #expect(answer.code == .forbidden && manager.lastRefusal == .rolesNotGranted)
        }
        #expect(try client.join(manager, group: "g7", roles: .responder).code == .created)
        // A verifier is no member, whatever it asks for.
        let verifier = try fixture.client("v", [("g7", 16)])
        for roles in [.verifier, .requester, .monitor] as [Roles] {
            #expect(try verifier.join(manager, group: "g7", roles: roles).code == .forbidden)
        }
        #expect(manager.store.snapshot.members.count == 1)
    }

    @Test(.requirement("GM-0147"))
    func nobodyListensInAPairwiseOnlyGroup() throws {
        let client = try fixture.client("m", [("pw", 8)], kind: .x25519)
        let answer = try client.join(manager, group: "pw", roles: .monitor)
        #expect(answer.code == .badRequest && answer.options.contentFormat == .aceGroupcomm)
        #expect(manager.lastRefusal == .rolesNotPossible)
    }

    /// Those that members have left behind come free with new keys, which it is time for.
    @Test(.requirement("GM-0099", "GM-0235", "GM-0240"))
    func withoutSenderIDsOnlyMonitorsJoin() throws {
        // A nonce of 7 bytes leaves room for one byte of Sender ID.
        try manager.createGroup("short") {
            $0.groupMode = GroupKeyMap.GroupMode(
                encryption: .aesCCM_64_64_128, signature: .edDSA, signatureParameters: .ed25519)
        }
        try manager.exhaust("short")
        let client = try fixture.client("late", [("short", 14)])
        let answer = try client.join(manager, group: "short", roles: .requester)
        #expect(answer.code == .serviceUnavailable && answer.problem == 4)
        #expect(try #require(answer.options.maxAge) > 0)
        #expect(try client.join(manager, group: "short", roles: .monitor).code == .created)
        // A monitor that wants to speak needs one, too.
        #expect(manager.store.groups["short"]?.record.version == 1)
        try manager.exhaust("short")
        #expect(try client.join(manager, group: "short", roles: .requester, nonce: [1]).problem == 4)
        #expect(manager.member("late", in: "short")?.roles == 8)
        // Two rekeyings do not follow each other at once.
        _ = manager.pass(.seconds(10))
        #expect(try client.join(manager, group: "short", roles: .requester, nonce: [2]).code == .changed)
        #expect(manager.member("late", in: "short")?.senderID == [0])
    }

    private func map(_ client: TestClient) throws -> CBORMap {
        let bytes = try client.joinRequest("g7", [.requester, .responder]).encoded()
        return try #require(try CBORValue(decoding: bytes.span).mapValue)
    }

    /// A Join Request with one parameter changed.
    private func changed(_ client: TestClient, _ label: Int64, _ value: CBORValue?) throws -> [UInt8] {
        var map = try map(client)
        map[label] = value
        return CBORValue.map(map).encoded()
    }
}

/// A request that is wrong in several ways is refused for the first of them (guide §4).
struct JoinOrderTests {
    /// What is wrong, in the order in which it is looked at.
    enum Fault: Int, CaseIterable {
        case otherGroup, inactive, form, otherScope, impossibleRoles, notGranted, controlURI, noSenderID, noCredential
        case noChallenge, credential, evidence
    }

    @Test(.requirement("GM-0141"))
    func theFirstFaultDecides() throws {
        for first in Fault.allCases {
            for second in Fault.allCases where second.rawValue >= first.rawValue {
                try expectRefusal([first, second])
            }
            // And with everything behind it wrong.
            try expectRefusal(Set(Fault.allCases[first.rawValue...]))
        }
    }

    private func expectRefusal(_ faults: Set<Fault>) throws {
        let fixture = try Fixture(seed: 91, g7: Self.shortNonces)
        let manager = fixture.manager
        let granted: UInt64 = faults.contains(.notGranted) ? 4 : 30
        let client = try fixture.client("n1", [(faults.contains(.otherGroup) ? "g8" : "g7", granted)])
        _ = try client.ask(manager, .get, "ace-group/g7")
        if faults.contains(.inactive) { try manager.setActive(false) }
        if faults.contains(.noSenderID) { try manager.exhaust("g7") }
        if faults.contains(.noChallenge) { try manager.change { $0.clients[0].kdcChallenge = [] } }
        let roles: Roles = faults.contains(.impossibleRoles) ? [.monitor, .requester] : .requester
        let request = try client.joinRequest(faults.contains(.otherScope) ? "sg" : "g7", roles)
        let bytes = request.encoded()
        var map = try #require(try CBORValue(decoding: bytes.span).mapValue)
        if faults.contains(.form) { map[6] = nil }
        if faults.contains(.controlURI) { map[26] = "coap://[::1]/ace-group/g7" }
        if faults.contains(.credential) { map[5] = .bytes([0xa0]) }
        if faults.contains(.evidence) { map[24] = .bytes([UInt8](repeating: 0, count: 64)) }
        if faults.contains(.noCredential) { map[5] = nil }
        let message = TestClient.joinMessage(CBORValue.map(map).encoded(), path: ["ace-group", "g7"])
        let before = try manager.substance
        let answer = try client.ask(manager, message)
        let first = try #require(faults.min { $0.rawValue < $1.rawValue })
        let expected: (Code, UInt64?) =
            switch first {
            case .otherGroup, .notGranted: (.forbidden, nil)
            case .inactive: (.serviceUnavailable, 9)
            case .form, .otherScope, .impossibleRoles, .controlURI, .noCredential, .noChallenge: (.badRequest, nil)
            case .noSenderID: (.serviceUnavailable, 4)
            case .credential: (.badRequest, 2)
            case .evidence: (.badRequest, 3)
            }
        #expect(answer.code == expected.0 && answer.problem == expected.1, "\(faults): \(answer.code)")
        guard first != .otherGroup else { return }
        let reason = try #require(manager.lastRefusal)
        #expect(Self.fault(of: reason) == first, "\(faults): \(reason)")
        if first != .noChallenge, first != .noSenderID { #expect(try manager.substance == before) }
    }

    /// With a nonce of 7 bytes there are 256 Sender IDs.
    private static func shortNonces(_ configuration: inout GroupConfiguration) {
        configuration.pairwiseMode = nil
        configuration.groupMode = GroupKeyMap.GroupMode(
            encryption: .aesCCM_64_64_128, signature: .edDSA, signatureParameters: .ed25519)
    }

    private static func fault(of refusal: JoinRefusal) -> Fault? {
        switch refusal {
        case .groupInactive: .inactive
        case .empty, .contentFormat, .malformed: .form
        case .scopeMismatch: .otherScope
        case .rolesNotPossible: .impossibleRoles
        case .rolesNotGranted: .notGranted
        case .controlURI: .controlURI
        case .noSenderID, .senderIDsUsedUp: .noSenderID
        case .credentialMissing: .noCredential
        case .challengeMissing: .noChallenge
        case .credentialIncompatible: .credential
        case .evidenceInvalid: .evidence
        case .internalFault: nil
        }
    }
}

extension TestManager {
    /// Why the last join was refused, if the last event was that.
    var lastRefusal: JoinRefusal? {
        if case .joinRefused(_, _, let reason) = events.last { reason } else { nil }
    }

    /// Hands out every Sender ID of a group that has those of one byte only.
    func exhaust(_ group: String) throws {
        try change { snapshot in
            let gid = try #require(snapshot.groups.first { $0.name == group }).groupID
            let taken = Set(snapshot.assignedSenderIDs.filter { $0.groupName == group }.map(\.senderID))
            snapshot.assignedSenderIDs += (0...255).map { [UInt8($0)] }.filter { !taken.contains($0) }.map {
                AssignedSenderIDRecord(groupName: group, groupID: gid, senderID: $0)
            }
        }
    }
}
