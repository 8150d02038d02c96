import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import TestSupport
import Testing

struct AdminTests {
    @Test func framesSurviveTheRoundTrip() throws {
        let request = AdminRequest(code: .post, path: ["gosc", "groups"], payload: [1, 2])
        #expect(try AdminRequest(decoding: request.encoded().span) == request)
        let response = AdminResponse(code: .created, payload: [3])
        #expect(try AdminResponse(decoding: response.encoded().span) == response)
        for frame in [request.encoded(), response.encoded()] {
            for count in 0..<frame.count {
                let prefix = Array(frame.prefix(count))
                #expect(throws: GroupcommError.self) { try AdminRequest(decoding: prefix.span) }
                #expect(throws: GroupcommError.self) { try AdminResponse(decoding: prefix.span) }
            }
        }
    }

    @Test func theAnswerToAReadmissionSaysWhetherItIsEnough() throws {
        for needsInvitation in [false, true] {
            let answer = ReadmitAnswer(needsInvitation: needsInvitation)
            #expect(answer.encoded() == [0xa1, 0x01, needsInvitation ? 0xf5 : 0xf4])
            #expect(try ReadmitAnswer(decoding: answer.encoded().span) == answer)
        }
        let named = ReadmitAnswer(needsInvitation: false, holder: HolderName("a.2"))
        #expect(named.encoded() == [0xa2, 0x01, 0xf4, 0x02, 0x63] + Array("a.2".utf8))
        #expect(try ReadmitAnswer(decoding: named.encoded().span) == named)
        for other: [UInt8] in [[], [0xa0], [0xa1, 0x01, 0x01], [0xf5], [0xa2, 0x01, 0xf4, 0x02, 0x61, 0x61]] {
            #expect(throws: GroupcommError.self) { try ReadmitAnswer(decoding: other.span) }
        }
    }

    @Test(.requirement("GM-0214"))
    func holdersOfANameHaveNumbers() throws {
        let first = HolderName(firstOf: "lamp")
        #expect(first.description == "lamp.1" && first.nodeName == "lamp" && HolderName("lamp.1") == first)
        #expect(first.next.description == "lamp.2" && first.next.nodeName == "lamp.2")
        #expect(HolderName("lamp.12")?.number == 12 && HolderName("lamp.12")?.name == "lamp")
        let none = [
            "", "lamp", "lamp.", ".1", "lamp.0", "lamp.-1", "lamp.+1", "lamp.01", "lamp.1.2", "Lamp.1", "lamp.x",
            "lamp. 1", "lamp.99999999999999999999",
        ]
        for text in none { #expect(HolderName(text) == nil, "\(text)") }
    }

    @Test func answersWithHoldersSurviveTheRoundTrip() throws {
        let holders = [HolderName(firstOf: "a"), HolderName(firstOf: "a").next]
        let keptOut = KeepOutAnswer(holders: holders)
        #expect(try KeepOutAnswer(decoding: keptOut.encoded().span) == keptOut)
        for other: CBORValue in [[:], [1: "a.1"], [1: ["a"]], [1: [1]], []] {
            let bytes = other.encoded()
            #expect(throws: GroupcommError.self) { try KeepOutAnswer(decoding: bytes.span) }
        }
        let revoked = RevokeInvitationAnswer(holders: holders)
        #expect(try RevokeInvitationAnswer(decoding: revoked.encoded().span) == revoked)
        for other: CBORValue in [[:], [1: "a.1"], [1: ["a"]], []] {
            let bytes = other.encoded()
            #expect(throws: GroupcommError.self) { try RevokeInvitationAnswer(decoding: bytes.span) }
        }
        let entries = [
            HolderEntry(holder: holders[0], state: .evicted, since: 17, issuer: "as.example", presentName: nil),
            HolderEntry(holder: holders[1], state: .joined, since: 18, issuer: nil, presentName: "node-1"),
        ]
        #expect(try HolderEntry.decodeList(HolderEntry.encodeList(entries).span) == entries)
        for other: CBORValue in [
            [:], [[1: "a.1"]], [[1: "a", 2: 0]], [[1: "a.1", 2: 4]], [[1: "a.1", 2: 0, 3: "x"]],
        ] {
            let bytes = other.encoded()
            #expect(throws: GroupcommError.self) { try HolderEntry.decodeList(bytes.span) }
        }
    }

    @Test func evictionsOfSeveralSurviveTheRoundTrip() throws {
        let request = EvictRequest(names: ["a", "b.2", "a"])
        #expect(try EvictRequest(decoding: request.encoded().span) == request)
        let refused: [(CBORValue, GroupcommError)] = [
            ([:], .missing(1)), ([1: "a"], .wrongType(1)), ([1: [1]], .wrongType(1)), ([1: []], .invalid(1)),
            ([1: ["a", "A"]], .invalid(1)), ([1: ["a.0"]], .invalid(1)), ([1: ["a"], 2: 0], .unexpected(2)),
            ([], .wrongShape),
        ]
        for (value, error) in refused {
            let bytes = value.encoded()
            #expect(throws: error) { try EvictRequest(decoding: bytes.span) }
        }
        let answer = EvictAnswer(members: ["a"], keptOut: [HolderName(firstOf: "b").next])
        #expect(try EvictAnswer(decoding: answer.encoded().span) == answer)
        for other: CBORValue in [[1: ["a"]], [2: ["b.2"]], [1: ["a"], 2: ["b"]], [1: [1], 2: []]] {
            let bytes = other.encoded()
            #expect(throws: GroupcommError.self) { try EvictAnswer(decoding: bytes.span) }
        }
    }

    @Test(.requirement("GM-0398", "GM-0401", "GM-0412", "GM-0429"))
    func leastCreationTakesTheDefaults() throws {
        let configuration = try GroupConfiguration(decodingCreation: [0xa1, 0x2c, 0x62, 0x67, 0x37].span)
        #expect(configuration == GroupConfiguration(groupName: "g7"))
        #expect(!configuration.active)
        #expect(configuration.groupMode == GroupConfiguration.defaultGroupMode)
        #expect(configuration.pairwiseMode == nil)
    }

    @Test(
        .requirement("GM-0361", "GM-0399", "GM-0401", "GM-0410", "GM-0411", "GM-0429", "GM-0430", "GM-0431"),
        arguments: [
            (-13, nil, .missing(-13)), (-13, "G7", .invalid(-13)), (-13, 7, .wrongType(-13)), (99, 1, .unexpected(99)),
            (-11, "core.osc.gconf", .unexpected(-11)), (10, 1, .unexpected(10)), (-18, "x", .unexpected(-18)),
            (-12, 1, .wrongType(-12)), (-15, 1, .invalid(-15)), (-3, false, .invalid(-3)), (-8, 10, .invalid(-8)),
            (-6, [[1]], .wrongType(-6)), (-17, "x", .wrongType(-17)), (16, [1], .wrongType(16)),
            (16, [1: -5], .wrongType(16)),
        ] as [(Int64, CBORValue?, GroupcommError)])
    func wrongConfigurationIsNamed(label: Int64, value: CBORValue?, expected: GroupcommError) {
        var map = CBORMap()
        map[-13] = "g7"
        map[label] = value
        let payload = CBORValue.map(map).encoded()
        #expect(throws: expected) { try GroupConfiguration(decodingCreation: payload.span) }
    }

    @Test(.requirement("GM-0397", "GM-0406", "GM-0411"))
    func representationHasEveryParameter() throws {
        var configuration = GroupConfiguration(groupName: "g7", active: true, applicationGroups: ["lights"])
        configuration.pairwiseMode = GroupConfiguration.defaultPairwiseMode
        configuration.groupDescription = "second floor"
        configuration.expiration = 5
        configuration.policies = GroupPolicies(keyUpdateCheckInterval: 60, expirationDelta: 5)
        let bytes = configuration.encodedRepresentation(joiningURI: "coap://[::1]/ace-group/g7")
        #expect(try GroupConfiguration(decodingRepresentation: bytes.span) == configuration)
        let plain = GroupConfiguration(groupName: "g7")
        let map = try #require(try CBORValue(decoding: plain.encodedRepresentation().span).mapValue)
        #expect(map[-11] == "core.osc.gconf")
        #expect(map[-8] == .null)
        #expect(map[10] == 1)
    }

    @Test(.requirement("GM-0386", "GM-0436", "GM-0437"))
    func creationAnswerNamesWhatDiffersFromTheDefault() throws {
        let address = try #require(IPv6Address("ff35:30:fd00::8000:1"))
        var request = CreateGroupRequest(configuration: GroupConfiguration(groupName: "g7"), address: address)
        request.resources = ["light"]
        #expect(try CreateGroupRequest(decoding: request.encoded().span) == request)
        // What another client sends: only a name, and a wish that is granted.
        let bare = ([1: [-13: "g7", -16: true]] as CBORValue).encoded()
        let decoded = try CreateGroupRequest(decoding: bare.span)
        #expect(decoded.address == nil)
        #expect(decoded.port == 5683)
        let answer = decoded.encodedAnswer(configuration: decoded.configuration, address: address, joiningURI: nil)
        let map = try #require(try CBORValue(decoding: answer.span).mapValue)
        #expect(decoded.configuration.reusesGroupIDs && !request.configuration.reusesGroupIDs)
        #expect(map[1] == [-13: "g7", -7: false])
        let wrong = ([1: [-13: "g7", -16: 1]] as CBORValue).encoded()
        #expect(throws: GroupcommError.wrongType(-16)) { try CreateGroupRequest(decoding: wrong.span) }
        #expect(try CreateGroupAnswer(decoding: answer.span).address == address)
    }

    @Test(
        .requirement("COAP-0104"),
        arguments: [
            (1, nil, .missing(1)), (2, .bytes([1]), .wrongType(2)), (3, 0, .invalid(3)), (3, 65536, .wrongType(3)),
            (3, 5684, .invalid(3)),
            (4, 0, .invalid(4)), (5, 0, .invalid(5)), (6, [1], .wrongType(6)), (7, 1, .unexpected(7)),
            (2, .bytes([UInt8](repeating: 1, count: 16)), .invalid(2)),
        ] as [(Int64, CBORValue?, GroupcommError)])
    func wrongCreationIsNamed(label: Int64, value: CBORValue?, expected: GroupcommError) {
        var map = CBORMap()
        map[1] = [-13: "g7"]
        map[label] = value
        let payload = CBORValue.map(map).encoded()
        #expect(throws: expected) { try CreateGroupRequest(decoding: payload.span) }
    }

    @Test func listsAndSummariesSurviveTheRoundTrip() throws {
        let entries = [
            MemberEntry(
                name: "lamp-1", senderID: [1], roles: .responder, state: .joined, joinedAt: 17, expiry: nil),
            MemberEntry(name: "lamp-2", senderID: nil, roles: .responder, state: .invited, joinedAt: nil, expiry: 18),
        ]
        #expect(try MemberEntry.decodeList(MemberEntry.encodeList(entries).span) == entries)
        let summary = GroupSummary(
            name: "g7", address: try #require(IPv6Address("ff05::1")), port: 1, linkRate: 2, maximumGroupSize: 3,
            resources: ["light"], groupID: [4], version: 5, memberCount: 6, active: true, applicationGroups: ["a"])
        #expect(try GroupSummary(decoding: summary.encoded().span) == summary)
        #expect(try GroupCollection.decode(GroupCollection.encode(["a", "b"]).span) == ["a", "b"])
        #expect(GroupCollection.encode([]) == [])
        #expect(throws: GroupcommError.wrongShape) { try GroupCollection.decode(Array("</x>".utf8).span) }
    }

    @Test func invitationRequestIsChecked() throws {
        let request = CreateInvitationRequest(
            nodeName: "lamp-1", roles: .responder, lifetime: 60, managerAddress: "[::1]:5683")
        #expect(try CreateInvitationRequest(decoding: request.encoded().span) == request)
        let wrong: [(Int64, CBORValue)] = [(1, "Lamp"), (2, 16), (3, 0), (3, 1_000_000_000_000), (4, "")]
        for (label, value) in wrong {
            var map = try #require(try CBORValue(decoding: request.encoded().span).mapValue)
            map[label] = value
            let payload = CBORValue.map(map).encoded()
            #expect(throws: GroupcommError.invalid(label)) { try CreateInvitationRequest(decoding: payload.span) }
        }
        let answer = CreateInvitationAnswer(invitation: "gosc1:secret", expiry: 5)
        #expect(try CreateInvitationAnswer(decoding: answer.encoded().span) == answer)
        #expect(!"\(answer)".contains("secret"))
    }
}
