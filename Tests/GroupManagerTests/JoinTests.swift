import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// POST /ace-group/GROUPNAME, as it should go.
struct JoinTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 71)
        manager = fixture.manager
    }

    @Test(
        .requirement(
            "GM-0076", "GM-0092", "GM-0102", "GM-0103", "GM-0104", "GM-0105", "GM-0106", "GM-0107", "GM-0108",
            "GM-0109", "GM-0110", "GM-0111", "GM-0112", "GM-0113", "GM-0114", "GM-0115", "GM-0116", "GM-0117",
            "GM-0118", "GM-0121", "GM-0122", "GM-0150", "GM-0492"))
    func aMemberGetsTheKeysOfTheGroup() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let request = try client.joinRequest("g7", [.requester, .responder], getCreds: nil)
        let answer = try client.ask(
            manager, TestClient.joinMessage(request.encoded(), path: ["ace-group", "g7"]))
        #expect(answer.code == .created)
        #expect(answer.options.contentFormat == .aceGroupcomm)
        #expect(answer.options.locationPath == ["ace-group", "g7", "nodes", "n1"])
        let map = try answer.map
        // The parameters of the draft, and our own about the network, which are negative.
        #expect(map.labels.filter { $0 >= 0 } == [7, 8, 9, 10, 11, 12, 16, 17, 18, 19])
        #expect(map[7] == 1 && map[9] == 0 && map[10] == 1)
        #expect(map[8]?.encoded() == Self.keyMap(senderID: 0))
        let expiration = try #require(manager.store.groups["g7"]).record.expiration
        #expect(map[11]?.unsignedInteger == expiration)
        #expect(map[12]?.unsignedInteger == expiration - manager.wallClock.seconds)
        #expect(map[16] == [1: 3600, 2: 0])
        #expect(try map[17]?.byteString == Fixture.managerCredential(.ed25519))
        let member = try #require(manager.member("n1"))
        #expect(member.senderID == [0] && member.roles == 6 && member.nodeName == "n1")
        #expect(member.credential == client.credential.bytes)
        #expect(member.scope == hex("8262673706") && member.clientNonce == Array(1...8))
        #expect(member.joinedAt == manager.wallClock.seconds)
        #expect(member.client.text.hasSuffix("n1"))
    }

    /// The key map of g7 in the guide, with the Sender ID given.
    private static func keyMap(senderID: UInt8) -> [UInt8] {
        let map: CBORValue = [
            3: 5, 2: .bytes(Fixture.masterSecret), 5: .bytes(Fixture.masterSalt), 6: .bytes(Fixture.groupID),
            7: .bytes([senderID]), 8: 14, 9: 10, 10: -8, 11: [[1], [1, 6]], 4: 10, 12: -27, 13: [[1], [1, 4]],
        ]
        return map.encoded()
    }

    @Test(.requirement("GM-0110", "GM-0113", "GM-0114", "GM-0117", "GM-0134"))
    func theKeyMapHasTheParametersOfTheModes() throws {
        for (group, labels) in [
            ("g7", [2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]), ("sg", [2, 5, 6, 7, 8, 9, 10, 11]),
            ("pw", [2, 4, 5, 6, 7, 8, 12, 13]),
        ] as [(String, [Int64])] {
            let client = try fixture.client("a-\(group)", [(group, 6)], kind: group == "pw" ? .x25519 : .ed25519)
            let key = try #require(try client.join(manager, group: group, roles: .requester).map[8]?.mapValue)
            #expect(key.labels.filter { $0 != 3 } == labels, "\(group)")
        }
        // HKDF with SHA-512 cannot be left out.
        try manager.configure("pw") { $0.hkdf = .hkdfSHA512 }
        let client = try fixture.client("b", [("pw", 6)], kind: .x25519)
        let answer = try client.join(manager, group: "pw", roles: .requester)
        #expect(try answer.map[8]?.mapValue?[3] == 7)
        #expect(try answer.map[17]?.byteString == Fixture.managerCredential(.x25519))
    }

    @Test(.requirement("GM-0108"))
    func whatRemainsShrinks() throws {
        let first = try fixture.client("n1", [("g7", 6)])
        let second = try fixture.client("n2", [("g7", 6)])
        let one = try first.join(manager, group: "g7", roles: .requester).map
        _ = manager.pass(.seconds(10))
        let two = try second.join(manager, group: "g7", roles: .requester).map
        #expect(one[11] == two[11])
        #expect((one[12]?.unsignedInteger ?? 0) - (two[12]?.unsignedInteger ?? 0) == 10)
        // Expired keys remain for no time, not for a very long one.
        try manager.change { snapshot in
            for index in snapshot.groups.indices { snapshot.groups[index].expiration = 1 }
        }
        // While nothing can be stored there are no others.
        manager.failsNextCommit = true
        _ = manager.pass(.zero)
        let third = try fixture.client("n3", [("g7", 6)])
        #expect(try third.join(manager, group: "g7", roles: .requester).map[12] == 0)
    }

    /// The manager's own credential is of the format that its groups have.
    @Test(.requirement("GOSC-0052", "GM-0299"))
    func theManagersCredentialIsOfTheFormatOfItsGroups() throws {
        for group in ["g7", "pw"] {
            let client = try fixture.client("n-\(group)", [(group, 6)], kind: group == "pw" ? .x25519 : .ed25519)
            let payload = try client.join(manager, group: group, roles: .requester).payload
            let answer = try JoinResponse(decoding: payload.span)
            let bytes = answer.kdcCredential
            let credential = try AuthenticationCredential(parsing: bytes.span, format: answer.key.credentialFormat)
            #expect(credential.bytes == bytes)
            #expect(answer.key.credentialFormat == .ccs)
        }
    }

    @Test(.requirement("GM-0077", "GM-0116", "GM-0123", "GM-0145"))
    func anInvitedNodeKnowsTheManagerByItsInvitation() throws {
        let manager = try TestManager(seed: 72)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 73)
        let answer = try node.join(manager)
        #expect(answer.code == .created)
        let payload = answer.payload
        let response = try JoinResponse(decoding: payload.span)
        let group = try #require(manager.engine.state.groups["g7"]).record
        #expect(response.key.masterSecret == [UInt8](copying: group.masterSecret.bytes))
        #expect(response.network?.groupAddress == group.address)
        #expect(response.network?.memberName == "switch")
        #expect(response.network?.applicationGroups == ["lights"])
        #expect(SHA256.hash(response.kdcCredential.span) == node.invitation.managerCredentialHash)
        #expect(manager.store.snapshot.invitations.first?.consumedBy == node.idContext)
        let path = answer.options.locationPath.joined(separator: "/")
        #expect(try node.ask(manager, .get, path).code == .content)
    }

    @Test(.requirement("GM-0092", "GM-0094", "GM-0095", "GM-0119", "GM-0120"))
    func theJoinerGetsThePeersThatMatterToItsRoles() throws {
        for (name, roles) in [
            ("r", .requester), ("s", .responder), ("rs", [.requester, .responder]), ("m", .monitor),
        ] as [(String, Roles)] {
            _ = try fixture.member(name, roles)
        }
        let expectations: [(String, Roles, CredentialFilter?, [String]?)] = [
            ("a", .requester, .relevant, ["s", "rs"]),
            ("b", .responder, .relevant, ["r", "rs", "a"]),
            ("c", .monitor, .relevant, ["r", "rs", "a"]),
            ("d", .requester, nil, nil),
            ("e", .requester, .matching(including: true, roles: [[.requester, .responder]], senderIDs: []), ["rs"]),
            ("f", .requester, .matching(including: true, roles: [.responder], senderIDs: []), ["s", "rs", "b"]),
            (
                "g", [.requester, .responder], .relevant,
                ["r", "s", "rs", "a", "b", "d", "e", "f"]
            ),
        ]
        for (name, roles, filter, expected) in expectations {
            let client = try fixture.client(name, [("g7", roles.rawValue)])
            let request = try client.joinRequest("g7", roles, getCreds: filter)
            let answer = try client.ask(
                manager, TestClient.joinMessage(request.encoded(), path: ["ace-group", "g7"]))
            let payload = answer.payload
            let response = try JoinResponse(decoding: payload.span)
            #expect(response.peers?.compactMap(\.name) == expected, "\(name)")
            #expect((response.key.senderID == nil) == (roles == .monitor))
            let map = try answer.map
            #expect((map[13] == nil) == (filter == nil) && (map[14] == nil) == (filter == nil))
            guard let ids = map[15]?.arrayItems else { continue }
            #expect(ids.count == map[13]?.arrayItems?.count && ids.count == map[14]?.arrayItems?.count)
            for (index, id) in ids.enumerated() {
                let peer = try #require(
                    manager.store.groups["g7"]?.members.values.first { $0.senderID == id.byteString })
                #expect(map[13]?.arrayItems?[index].byteString == peer.credential)
                #expect(map[14]?.arrayItems?[index].unsignedInteger == peer.roles)
            }
        }
    }

    @Test(.requirement("GM-0085", "GM-0086", "GM-0111", "GM-0058"))
    func aMonitorHasNoCredentialAndNoSenderID() throws {
        let client = try fixture.client("m", [("g7", 8)])
        let payload = hex("a2034582626737080648c1c2c3c4c5c6c7c8")
        let answer = try client.ask(manager, TestClient.joinMessage(payload, path: ["ace-group", "g7"]))
        #expect(answer.code == .created)
        #expect(try answer.map[8]?.mapValue?[7] == nil)
        #expect(manager.store.snapshot.assignedSenderIDs.isEmpty)
        // Whatever it sends for a credential is not looked at.
        let other = try fixture.client("m2", [("g7", 8)])
        let garbage: CBORValue = [
            3: .bytes(hex("8262673708")), 6: .bytes(Array(1...8)), 5: .bytes([0xff]), 24: .bytes([0]),
        ]
        let ignored = try other.ask(manager, TestClient.joinMessage(garbage.encoded(), path: ["ace-group", "g7"]))
        #expect(ignored.code == .created)
        let mistyped: CBORValue = [3: .bytes(hex("8262673708")), 6: .bytes(Array(1...8)), 5: 1, 24: "x"]
        let again = try other.ask(manager, TestClient.joinMessage(mistyped.encoded(), path: ["ace-group", "g7"]))
        #expect(again.code == .changed)
        #expect(manager.store.snapshot.members.allSatisfy { $0.credential == nil && $0.senderID == nil })
        let reader = try fixture.member("r", .requester)
        #expect(try reader.ask(manager, .get, "ace-group/g7/creds").map[13]?.arrayItems?.count == 1)
    }

    @Test(.requirement("GM-0091", "GM-0360"))
    func unknownParametersAreIgnored() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        var map = try #require(
            try CBORValue(decoding: client.joinRequest("g7", .requester).encoded().span).mapValue)
        map[200] = 1
        map[-300] = "x"
        map["text"] = .null
        let answer = try client.ask(
            manager, TestClient.joinMessage(CBORValue.map(map).encoded(), path: ["ace-group", "g7"]))
        #expect(answer.code == .created)
    }

    @Test(.requirement("GM-0096", "GM-0097"))
    func controlURIIsKeptOnlyIfItIsTheJoinersOwn() throws {
        let address = try #require(IPv6Address("2001:db8::17"))
        let uris: [(String, String?)] = [
            ("coap://[2001:db8::17]/ace-group/g7/node", "coap://[2001:db8::17]/ace-group/g7/node"),
            ("coap://[2001:db8::17]:61616/x", "coap://[2001:db8::17]:61616/x"),
            ("coap://[2001:db8::18]/ace-group/g7/node", nil), ("coap://victim.example/x", nil),
            ("coap://[ff02::1]/x", nil),
        ]
        for (index, (uri, kept)) in uris.enumerated() {
            let client = try fixture.stranger("n\(index)", address: address)
            client.token = try fixture.token(for: client, "n\(index)", [("g7", 6)])
            try client.upload(manager)
            let request = try client.joinRequest("g7", .requester, controlURI: uri)
            let answer = try client.ask(
                manager, TestClient.joinMessage(request.encoded(), path: ["ace-group", "g7"]))
            #expect(answer.code == .created, "\(uri)")
            #expect(manager.member("n\(index)")?.controlURI == kept)
            // The operator hears why such a node is not told of new keys.
            let isDropped = manager.events.contains(.controlURIDropped(group: "g7", node: "n\(index)"))
            #expect(isDropped == (kept == nil), "\(uri)")
        }
    }

    /// In what a token of the embedded server or of another says, user entries count, and of these that of the group.
    @Test(.requirement("GM-0004", "GM-0005", "GM-0080", "GM-0081"))
    func onlyTheUserEntryOfTheGroupCounts() throws {
        let client = try fixture.client("n1", [("g7", 4), ("g8", 6)])
        let cases: [(Roles, Code)] = [
            (.responder, .created), (.requester, .forbidden), ([.requester, .responder], .forbidden),
        ]
        for (roles, code) in cases {
            #expect(try client.join(manager, group: "g7", roles: roles, nonce: client.bytes(8)).code == code)
        }
        // Seven is administration, not requester and responder.
        let admin = try fixture.client("n2", [("g7", 7)])
        #expect(try admin.join(manager, group: "g7", roles: .requester).code == .forbidden)
        let token: CBORValue = [["g7", 6], [true, 5]]
        let both = try fixture.stranger("n3")
        both.token = try fixture.token(for: both, "n3", []) { $0.scope = ScopeClaim(content: token.encoded()) }
        try both.upload(manager)
        #expect(try both.join(manager, group: "g8", roles: .requester).code == .forbidden)
        #expect(try both.join(manager, group: "g7", roles: .requester).code == .created)
    }
}
