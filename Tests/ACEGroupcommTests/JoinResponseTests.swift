import ACEGroupcomm
import Bytes
import CBOR
import COSE
import TestSupport
import Testing

struct JoinResponseTests {
    private let vector: JoinVector
    private let response: JoinResponse

    init() throws {
        let vector = try JoinVector.load()
        self.vector = vector
        let peer = Peer(credential: [0xa0], roles: [.responder], senderID: [0x02], name: "lamp-1")
        let monitorless = Peer(credential: [0xa1], roles: [.requester, .responder], senderID: [], name: "lamp-2")
        response = JoinResponse(
            key: try GroupKeyMap(decoding: vector.key_map.bytes.span), version: 0, expiration: 1_893_456_000,
            expiresIn: 86400, policies: GroupPolicies(), peers: [peer, monitorless],
            kdcCredential: vector.manager.credential.bytes, kdcNonce: vector.kdc_nonce.bytes,
            kdcEvidence: vector.manager_evidence.bytes,
            network: NetworkParameters(
                groupAddress: try #require(IPv6Address("ff35:30:fd00::8000:1")), port: 5683, linkRate: 125_000,
                maximumGroupSize: 50, applicationGroups: ["lights"], memberName: "switch"))
    }

    @Test(.requirement("GM-0109", "GM-0110", "GM-0111", "GM-0112", "GM-0113", "GM-0114", "GM-0115"))
    func workedKeyMapDecodesWhateverItsOrder() throws {
        let key = try GroupKeyMap(decoding: vector.key_map.bytes.span)
        let fields = vector.key_map_fields
        #expect(
            key
                == GroupKeyMap(
                    masterSecret: fields.master_secret.bytes, masterSalt: fields.master_salt.bytes,
                    groupID: fields.group_id.bytes, senderID: fields.sender_id.bytes, credentialFormat: .ccs,
                    hkdf: .hkdfSHA256, groupMode: GroupConfiguration.defaultGroupMode,
                    pairwiseMode: GroupConfiguration.defaultPairwiseMode))
        // The order of the example is free on the wire; ours is the deterministic one.
        #expect(key.encoded().count == vector.key_map.bytes.count)
        #expect(try CBORValue(decoding: key.encoded().span) == CBORValue(decoding: vector.key_map.bytes.span))
        #expect(try GroupKeyMap(decoding: key.encoded().span) == key)
    }

    @Test(.requirement("GM-0110", "GM-0113", "GM-0114"))
    func keyMapHasAllParametersOfAModeOrNone() throws {
        let whole = try #require(try CBORValue(decoding: vector.key_map.bytes.span).mapValue)
        for label in [9, 10, 11, 4, 12, 13, 2, 6, 8] as [Int64] {
            var map = whole
            map[label] = nil
            let bytes = CBORValue.map(map).encoded()
            #expect(throws: GroupcommError.missing(label)) { try GroupKeyMap(decoding: bytes.span) }
        }
        var bare = whole
        for label in [3, 5, 7, 4, 12, 13] as [Int64] { bare[label] = nil }
        let key = try GroupKeyMap(decoding: CBORValue.map(bare).encoded().span)
        #expect(key.hkdf == .hkdfSHA256)
        #expect(key.masterSalt == [])
        #expect(key.senderID == nil)
        #expect(key.pairwiseMode == nil)
    }

    @Test(.requirement("GM-0104", "GM-0118", "GM-0119", "GM-0244"))
    func responseSurvivesTheRoundTrip() throws {
        #expect(try JoinResponse(decoding: response.encoded().span) == response)
        var bare = response
        bare.peers = nil
        bare.network = nil
        bare.policies = nil
        bare.expiration = nil
        #expect(try JoinResponse(decoding: bare.encoded().span) == bare)
        let map = try #require(try CBORValue(decoding: response.encoded().span).mapValue)
        #expect(map[16]?.encoded() == vector.policies.bytes)
        #expect(map[13]?.arrayItems?.count == map[14]?.arrayItems?.count)
    }

    @Test func everyPrefixIsRefused() {
        let bytes = response.encoded()
        for count in 0..<bytes.count {
            let prefix = Array(bytes.prefix(count))
            #expect(throws: GroupcommError.self) { try JoinResponse(decoding: prefix.span) }
        }
    }

    @Test(
        .requirement("GM-0105", "GM-0106", "GM-0107", "GM-0116", "GM-0119", "GM-0121"),
        arguments: [
            (7, nil, .missing(7)), (7, 0, .invalid(7)), (8, nil, .missing(8)), (9, nil, .missing(9)),
            (10, nil, .missing(10)), (10, 2, .invalid(10)), (12, nil, .missing(12)), (20, 1, .invalid(20)),
            (17, nil, .missing(17)), (18, nil, .missing(18)), (19, nil, .missing(19)), (13, nil, .missing(13)),
            (14, nil, .missing(14)), (15, nil, .missing(15)), (14, [2], .invalid(14)),
            (15, [.bytes([1])], .invalid(15)), (-65538, ["a"], .invalid(-65538)), (11, "x", .wrongType(11)),
            (16, [1], .wrongType(16)),
        ] as [(Int64, CBORValue?, GroupcommError)])
    func wrongParameterIsNamed(label: Int64, value: CBORValue?, expected: GroupcommError) throws {
        var map = try #require(try CBORValue(decoding: response.encoded().span).mapValue)
        map[label] = value
        let payload = CBORValue.map(map).encoded()
        #expect(throws: expected) { try JoinResponse(decoding: payload.span) }
    }

    @Test(.requirement("COAP-0104"), arguments: [0, 5684] as [UInt16])
    func aGroupHasAPortOfGroups(port: UInt16) throws {
        var response = response
        response.network?.port = port
        let payload = response.encoded()
        #expect(throws: GroupcommError.invalid(-65537)) { try JoinResponse(decoding: payload.span) }
    }

    @Test(.requirement("GM-0487"))
    func noDescriptionShowsTheMasterSecret() {
        let secret = response.key.masterSecret
        var text = ""
        dump(response, to: &text)
        text += "\(response)" + String(reflecting: response)
        #expect(!text.contains(Hex.encode(secret)))
        #expect(!text.contains("\(secret)"))
        #expect(!text.contains("\(secret[3])\n"), "no element of the secret on a line of its own")
    }
}
