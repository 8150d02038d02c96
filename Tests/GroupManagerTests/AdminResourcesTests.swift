import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

struct AdminResourcesTests {
    private let manager: TestManager

    init() throws {
        manager = try TestManager(seed: 81)
    }

    @Test(.requirement("GM-0426", "GM-0427", "GM-0436", "GM-0438"))
    func createdGroupIsThere() throws {
        #expect(try manager.ask(.get, "manage").payload == [])
        let request = CreateGroupRequest(
            configuration: GroupConfiguration(groupName: "g7", active: true, applicationGroups: ["lights"]),
            port: 6000, linkRate: 1000, maximumGroupSize: 9, resources: ["light"])
        let created = try manager.ask(.post, "gosc/groups", request.encoded())
        #expect(created.code == .created)
        let answer = try CreateGroupAnswer(decoding: created.payload.span)
        #expect(answer.groupName == "g7")
        #expect(answer.address.description.hasPrefix("ff35:30:fd"))
        #expect(answer.address.low & 0xffff_ffff >= 0x8000_0000)
        #expect(answer.address.low >> 32 & 0xffff == 0)
        let list = try manager.ask(.get, "manage")
        #expect(try GroupCollection.decode(list.payload.span) == ["g7"])
        let shown = try manager.ask(.get, "gosc/groups/g7")
        let summary = try GroupSummary(decoding: shown.payload.span)
        #expect(summary.address == answer.address)
        #expect(summary.port == 6000)
        #expect(summary.linkRate == 1000)
        #expect(summary.maximumGroupSize == 9)
        #expect(summary.resources == ["light"])
        #expect(summary.groupID.count == 5)
        #expect(summary.version == 0)
        #expect(summary.memberCount == 0)
        let record = try #require(manager.store.groups["g7"]).record
        #expect(record.masterSecret.count == 16)
        #expect(record.masterSalt.count == 8)
    }

    @Test(.requirement("GM-0456", "GM-0487"))
    func representationShowsNoSecret() throws {
        try manager.createGroup()
        _ = try manager.invite("lamp")
        let group = try #require(manager.store.groups["g7"]).record
        let identity = try #require(manager.store.identity)
        let invitation = try #require(manager.store.snapshot.invitations.first)
        let secrets = [
            [UInt8](copying: group.masterSecret.bytes), [UInt8](copying: identity.signingSeed.bytes),
            [UInt8](copying: invitation.masterSecret.bytes),
        ]
        for path in ["manage/g7", "gosc/groups/g7", "gosc/groups/g7/members", "manage"] {
            let payload = try manager.ask(.get, path).payload
            for secret in secrets { #expect(!Hex.encode(payload).contains(Hex.encode(secret)), "\(path)") }
        }
        let shown = try manager.ask(.get, "manage/g7")
        let configuration = try GroupConfiguration(decodingRepresentation: shown.payload.span)
        #expect(configuration.active)
        #expect(configuration.expiration == manager.wallClock.seconds + 365 * 86_400)
        // Nor does anything that is printed.
        var text = ""
        dump(manager.store, to: &text)
        dump(manager.history, to: &text)
        for secret in secrets {
            #expect(!text.contains("\(secret)"))
            #expect(!text.contains(Hex.encode(secret)))
        }
    }

    @Test(.requirement("GM-0407", "GM-0431", "GM-0432"))
    func groupThatCannotBeIsRefused() throws {
        try manager.createGroup()
        let before = manager.store
        var requests: [(Code, GroupConfiguration)] = [(.conflict, GroupConfiguration(groupName: "g7"))]
        var unsupported = GroupConfiguration(groupName: "g8")
        unsupported.groupMode = GroupKeyMap.GroupMode(
            encryption: .aesCCM_16_64_128, signature: SignatureAlgorithm(rawValue: -37), signatureParameters: .ed25519)
        requests.append((.serviceUnavailable, unsupported))
        var late = GroupConfiguration(groupName: "g8")
        late.expiration = manager.wallClock.seconds
        requests.append((.badRequest, late))
        requests.append((.badRequest, GroupConfiguration(groupName: "G8")))
        for (code, configuration) in requests {
            let body = CreateGroupRequest(configuration: configuration).encoded()
            let answer = try manager.ask(.post, "gosc/groups", body)
            #expect(answer.code == code)
            let problem = try ProblemDetails(decoding: answer.payload.span)
            #expect(problem.detail?.isEmpty == false)
            #expect((problem.error == .unsupportedConfiguration) == (code == .serviceUnavailable))
        }
        #expect(try manager.ask(.post, "gosc/groups", [0xff]).code == .badRequest)
        #expect(manager.store == before)
    }

    /// What may stand in a creation request, and what it must be.
    @Test(.requirement("GM-0169", "GM-0170", "GM-0193", "GM-0245", "GM-0266", "GM-0279", "GM-0361"))
    func parametersOfACreationAreChecked() throws {
        let before = manager.store
        let good = CreateGroupRequest(configuration: GroupConfiguration(groupName: "g9")).encoded()
        let root = try #require(try CBORValue(decoding: good.span).mapValue)
        /// The configuration is in the request as one of its parameters.
        func create(_ changes: [(Int64, CBORValue?)]) throws -> Code {
            var root = root
            let place = try #require(root.entries.first { $0.value.mapValue?[-13] != nil }?.key)
            var configuration = try #require(root[key: place]?.mapValue)
            for (label, value) in changes { configuration[label] = value }
            root[key: place] = .map(configuration)
            return try manager.ask(.post, "gosc/groups", CBORValue.map(root).encoded()).code
        }
        let refused: [(Int64, CBORValue?)] = [
            (-13, nil), (-13, "."), (-13, ".."), (-13, ""), (-13, "a/b"), (-13, "a b/ü"), (-13, 1),
            (-15, 1), (-15, 0), (-15, "3"), (16, [1: -5]), (16, [2: -1]), (16, [1: "x"]), (16, 1), (99, 1), (-12, 1),
            (-3, false), (-5, "EdDSA"),
        ]
        for change in refused {
            #expect(try create([change]) == .badRequest, "\(change)")
            #expect(manager.store == before)
        }
        // A credential is in the group, not a hash of one.
        #expect(try create([(-2, 34)]) == .serviceUnavailable)
        #expect(manager.store == before)
        #expect(try create([]) == .created)
        let group = try #require(manager.store.groups["g9"])
        #expect(!group.configuration.active && group.configuration.maximumStaleSets == 3)
        #expect(group.record.version == 0 && manager.stale("g9") == [:])
    }

    /// New keys are told point to point (0), and no group is made that says anything of that.
    @Test(.requirement("GM-0333"), arguments: [0, 1, 2, -1] as [CBORValue])
    func noRekeyingSchemeCanBeChosen(scheme: CBORValue) throws {
        let before = manager.store
        let good = CreateGroupRequest(configuration: GroupConfiguration(groupName: "g9")).encoded()
        var root = try #require(try CBORValue(decoding: good.span).mapValue)
        let place = try #require(root.entries.first { $0.value.mapValue?[-13] != nil }?.key)
        var configuration = try #require(root[key: place]?.mapValue)
        configuration[20] = scheme
        root[key: place] = .map(configuration)
        #expect(try manager.ask(.post, "gosc/groups", CBORValue.map(root).encoded()).code == .badRequest)
        #expect(manager.store == before)
        // A joiner hears of none, which means this one.
        try manager.createGroup()
        let answer = try TestNode(try manager.invite("lamp"), seed: 83).join(manager)
        #expect(try answer.code == .created && answer.map[20] == nil)
    }

    /// A URI says with this name that its group has no security; no group that has some takes it.
    @Test(.requirement("COAP-0123"), arguments: ["nosec", "NoSec", "NOSEC"])
    func noGroupIsNamedNoSec(name: String) throws {
        let before = manager.store
        let body = CreateGroupRequest(configuration: GroupConfiguration(groupName: name)).encoded()
        #expect(try manager.ask(.post, "gosc/groups", body).code == .badRequest)
        #expect(manager.store == before)
        try manager.createGroup("nosec-2")
    }

    @Test func invitationsAndMembersAreListed() throws {
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 82)
        _ = try node.join(manager)
        _ = try manager.invite("lamp-1", roles: .responder)
        _ = try manager.invite("lamp-2", roles: .responder, lifetime: 10)
        manager.wallClock = UnixTime(seconds: manager.wallClock.seconds + 10)
        let listed = try manager.ask(.get, "gosc/groups/g7/members")
        let entries = try MemberEntry.decodeList(listed.payload.span)
        #expect(entries.map(\.name) == ["lamp-1", "lamp-2", "switch"])
        #expect(entries.map(\.state) == [.invited, .expired, .joined])
        #expect(entries[2].senderID == manager.store.snapshot.members[0].senderID)
        #expect(manager.engine.status.openInvitations == 1)
        // A node that has a token and has not joined yet may still do so.
        let waiting = try TestNode(try manager.invite("lamp-3", roles: .responder), seed: 83)
        try waiting.requestToken(manager)
        #expect(manager.engine.status.openInvitations == 2)
        // An expired invitation makes room for a new one; an open one and a member do not.
        #expect(try manager.invite("lamp-2").nodeName == "lamp-2")
        for name in ["lamp-1", "switch"] {
            let body = CreateInvitationRequest(
                nodeName: name, roles: .responder, lifetime: 60, managerAddress: "[::1]:5683")
            let answer = try manager.ask(.post, "gosc/groups/g7/invitations", body.encoded())
            #expect(answer.code == .conflict)
            #expect(try ProblemDetails(decoding: answer.payload.span).detail?.contains(name) == true)
        }
    }

    /// The name of a node that has come and gone can be given again, and that invitation taken back.
    @Test func aNameIsInvitedAgain() throws {
        try manager.createGroup()
        func states() throws -> [MemberEntry.State] {
            let listed = try manager.ask(.get, "gosc/groups/g7/members")
            return try MemberEntry.decodeList(listed.payload.span).map(\.state)
        }
        func revoke() throws -> Code {
            try manager.ask(.delete, "gosc/groups/g7/invitations/lamp").code
        }
        let node = try TestNode(try manager.invite("lamp", roles: .responder), seed: 84)
        #expect(try node.join(manager).code == .created)
        #expect(try revoke() == .conflict)
        #expect(try node.ask(manager, .delete, "ace-group/g7/nodes/lamp").code == .deleted)
        #expect(try states() == [])
        #expect(try revoke() == .conflict)
        let next = try TestNode(try manager.invite("lamp", roles: .responder), seed: 85)
        try next.requestToken(manager)
        try manager.restart()
        #expect(try states() == [.invited])
        #expect(try revoke() == .deleted)
        #expect(try revoke() == .conflict)
        // The first one may come again.
        #expect(try node.join(manager).code == .created)
        #expect(try states() == [.joined])
    }

    @Test(.requirement("GM-0147")) func nobodyIsInvitedToListenWhereNobodyCan() throws {
        try manager.createGroup("doors") {
            $0.groupMode = nil
            $0.pairwiseMode = GroupConfiguration.defaultPairwiseMode
        }
        for (roles, code) in [(Roles.monitor, Code.conflict), (.responder, .created)] {
            let body = CreateInvitationRequest(
                nodeName: "ear", roles: roles, lifetime: 60, managerAddress: "[::1]:5683")
            #expect(try manager.ask(.post, "gosc/groups/doors/invitations", body.encoded()).code == code)
        }
    }

    @Test func invitationSaysWhatTheManagerKnows() throws {
        try manager.createGroup()
        let invitation = try manager.invite("lamp", roles: .responder, lifetime: 60)
        let record = try #require(manager.store.snapshot.invitations.first)
        #expect(invitation.masterSecret == [UInt8](copying: record.masterSecret.bytes))
        #expect(invitation.clientSenderID == record.clientSenderID)
        #expect(invitation.expiry == manager.wallClock.seconds + 60)
        #expect(invitation.managerAddress == "[::1]:5683")
        let credential = try #require(manager.store.identity).credential
        #expect(invitation.managerCredentialHash == SHA256.hash(credential.span))
    }

    @Test func unknownThingsAreNamed() throws {
        for (code, path, expected) in [
            (.get, "gosc/groups/g9", .notFound), (.get, "manage/g9", .notFound), (.get, "nothing", .notFound),
            (.get, "", .notFound), (.get, "gosc/groups/g9/members", .notFound),
            (.post, "gosc/groups/g9/invitations", .notFound), (.delete, "manage", .methodNotAllowed),
            (.get, "gosc/groups", .methodNotAllowed), (.post, "gosc/groups/g9", .methodNotAllowed),
            (.get, "gosc/groups/g9/invitations", .methodNotAllowed),
        ] as [(Code, String, Code)] {
            let answer = try manager.ask(code, path)
            #expect(answer.code == expected, "\(path)")
            #expect(try ProblemDetails(decoding: answer.payload.span).detail != nil)
        }
    }
}
