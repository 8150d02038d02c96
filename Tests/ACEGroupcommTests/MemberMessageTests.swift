import ACEGroupcomm
import Bytes
import CBOR
import COSE
import TestSupport
import Testing

/// What members and verifiers ask of the manager beside joining.
struct MemberMessageTests {
    private let vector: MessageVector

    init() throws {
        vector = try MessageVector.load()
    }

    @Test(.requirement("GM-0171", "GM-0172"))
    func groupsAreAskedForByTheirGids() throws {
        let bytes = try vector.message("group_names_request")
        let request = GroupNamesRequest(groupIDs: [[0xb1, 0, 0]])
        #expect(try GroupNamesRequest(decoding: bytes.span) == request)
        #expect(request.encoded() == bytes)
        for (value, expected) in [
            (nil, .missing(0)), ([], .invalid(0)), (.bytes([0xb1, 0, 0]), .wrongType(0)), ([1, 2], .wrongType(0)),
            (["x"], .wrongType(0)),
        ] as [(CBORValue?, GroupcommError)] {
            let payload = try bytes.changed(0, to: value)
            #expect(throws: expected) { try GroupNamesRequest(decoding: payload.span) }
        }
    }

    @Test(.requirement("GM-0173", "GM-0174", "GM-0374"))
    func groupsAreAnsweredInThreeArrays() throws {
        let bytes = try vector.message("group_names_answer")
        let answer = GroupNamesAnswer(groups: [
            GroupNamesAnswer.Group(groupID: [0xb1, 0, 0], name: "g7", uri: "/ace-group/g7")
        ])
        #expect(try GroupNamesAnswer(decoding: bytes.span) == answer)
        #expect(answer.encoded() == bytes)
        #expect(GroupNamesAnswer(groups: []).encoded() == [0x40])
        #expect(try GroupNamesAnswer(decoding: [0x40].span).groups.isEmpty)
        for (label, value, expected) in [
            (0, nil, .missing(0)), (1, nil, .missing(1)), (2, nil, .missing(2)), (1, [], .invalid(1)),
            (2, ["a", "b"], .invalid(2)), (1, [1], .wrongType(1)), (2, "x", .wrongType(2)),
        ] as [(Int64, CBORValue?, GroupcommError)] {
            let payload = try bytes.changed(label, to: value)
            #expect(throws: expected) { try GroupNamesAnswer(decoding: payload.span) }
        }
    }

    @Test(.requirement("GM-0174", "GM-0189", "GM-0265", "GM-0374"))
    func nothingIsTheEmptyByteString() {
        #expect(NothingFound.payload == [0x40])
        let isNothing = { (payload: [UInt8]) in NothingFound.isNothing(payload.span) }
        #expect(isNothing([0x40]))
        for other in [[0x41, 0], [0x60], [0x80], [0xa0], [0xf6], [], [0x40, 0]] as [[UInt8]] {
            #expect(!isNothing(other))
        }
        let content: [UInt8] = [0x41, 0]
        #expect(throws: GroupcommError.wrongShape) { try GroupNamesAnswer(decoding: content.span) }
        #expect(throws: GroupcommError.wrongShape) { try CredentialsResponse(decoding: content.span) }
        #expect(throws: GroupcommError.wrongShape) { try PoliciesAnswer(decoding: content.span) }
    }

    @Test func keysAreDistributedWithoutTheRestOfAJoin() throws {
        let bytes = try vector.message("key_distribution")
        let keys = try KeyDistribution(decoding: bytes.span)
        #expect(keys.key.senderID == nil)
        #expect(keys.version == 0)
        #expect(keys.expiration == 1_893_456_000)
        #expect(keys.expiresIn == 86400)
        #expect(keys.encoded() == bytes)
        #expect(!SecretScan.finds(keys.key.masterSecret, in: keys))
        // Its own Sender ID is for the member alone.
        var own = keys
        own.key.senderID = [1]
        let map = try #require(try CBORValue(decoding: own.encoded().span).mapValue)
        #expect(map[8]?.mapValue?[7] == .bytes([1]))
        #expect(try KeyDistribution(decoding: own.encoded().span) == own)
        for (label, value, expected) in [
            (7, nil, .missing(7)), (7, 0, .invalid(7)), (8, nil, .missing(8)), (8, 1, .wrongShape),
            (9, nil, .missing(9)), (9, -1, .wrongType(9)), (10, nil, .missing(10)), (10, 2, .invalid(10)),
            (11, "x", .wrongType(11)), (12, nil, .missing(12)),
        ] as [(Int64, CBORValue?, GroupcommError)] {
            let payload = try bytes.changed(label, to: value)
            #expect(throws: expected) { try KeyDistribution(decoding: payload.span) }
        }
    }

    @Test(.requirement("GM-0286", "GM-0287", "GM-0288", "GM-0289", "GM-0290"))
    func verifiersGetNoMasterSecret() throws {
        let bytes = try vector.message("verification_data")
        let data = SignatureVerificationData(
            hkdf: .hkdfSHA256, groupID: [0xb1, 0, 0], credentialFormat: .ccs,
            groupMode: GroupConfiguration.defaultGroupMode,
            pairwise: SignatureVerificationData.PairwiseAlgorithms(
                aead: .aesCCM_16_64_128, keyAgreement: .ecdhSSHKDF256),
            version: 0, expiration: 1_893_456_000, expiresIn: 86400,
            signatureEncryptionKey: vector.signature_encryption_key.bytes)
        #expect(try SignatureVerificationData(decoding: bytes.span) == data)
        #expect(data.encoded() == bytes)
        let map = try #require(try CBORValue(decoding: bytes.span).mapValue)
        #expect(map.keys == [7, 8, 9, 10, 11, 12, 33])
        let key = try #require(map[8]?.mapValue)
        #expect(key.keys == [3, 4, 6, 8, 9, 10, 11, 12])
        #expect(map[33] == .bytes(vector.signature_encryption_key.bytes))
        var signaturesOnly = data
        signaturesOnly.pairwise = nil
        #expect(signaturesOnly.encoded() == (try vector.message("verification_data_signatures")))
        #expect(try SignatureVerificationData(decoding: signaturesOnly.encoded().span) == signaturesOnly)
        #expect(!SecretScan.finds(data.signatureEncryptionKey, in: data))
        for (label, value, expected) in [
            (7, 2, .invalid(7)), (8, nil, .missing(8)), (9, nil, .missing(9)), (10, nil, .missing(10)),
            (12, nil, .missing(12)), (33, nil, .missing(33)), (33, "x", .wrongType(33)),
        ] as [(Int64, CBORValue?, GroupcommError)] {
            let payload = try bytes.changed(label, to: value)
            #expect(throws: expected) { try SignatureVerificationData(decoding: payload.span) }
        }
        for label in [3, 4, 6, 8, 9, 10, 11, 12] as [Int64] {
            var changed = key
            changed[label] = nil
            let payload = try bytes.changed(8, to: .map(changed))
            #expect(throws: GroupcommError.missing(label)) { try SignatureVerificationData(decoding: payload.span) }
        }
    }

    @Test(.requirement("GM-0292", "GM-0295"))
    func managerProvesItsKey() throws {
        let asked = try vector.message("manager_credential_request")
        let request = ManagerCredentialRequest(clientNonce: vector.nonce2.bytes)
        #expect(try ManagerCredentialRequest(decoding: asked.span) == request)
        #expect(request.encoded() == asked)
        for (value, expected) in [
            (nil, .missing(6)), ("x", .wrongType(6)), (.bytes([]), .invalid(6)),
        ] as [(CBORValue?, GroupcommError)] {
            let payload = try asked.changed(6, to: value)
            #expect(throws: expected) { try ManagerCredentialRequest(decoding: payload.span) }
        }
        let bytes = try vector.message("manager_credential_answer")
        let answer = try ManagerCredentialAnswer(decoding: bytes.span)
        #expect(answer.credential == vector.manager_credential.bytes)
        #expect(answer.nonce.count == 8 && answer.evidence.count == 64)
        #expect(answer.encoded() == bytes)
        for label in [17, 18, 19] as [Int64] {
            let missing = try bytes.changed(label, to: nil)
            #expect(throws: GroupcommError.missing(label)) { try ManagerCredentialAnswer(decoding: missing.span) }
            let wrong = try bytes.changed(label, to: 1)
            #expect(throws: GroupcommError.wrongType(label)) { try ManagerCredentialAnswer(decoding: wrong.span) }
        }
    }

    @Test(.requirement("GM-0229"))
    func newSenderIDStandsAlone() throws {
        let bytes = try vector.message("sender_id_answer")
        #expect(SenderIDAnswer(senderID: [5]).encoded() == bytes)
        #expect(try SenderIDAnswer(decoding: bytes.span).senderID == [5])
        #expect(throws: GroupcommError.missing(21)) { try SenderIDAnswer(decoding: [0xa0].span) }
        let number = try bytes.changed(21, to: 5)
        #expect(throws: GroupcommError.wrongType(21)) { try SenderIDAnswer(decoding: number.span) }
    }

    @Test(.requirement("GM-0263", "GM-0265"))
    func policiesStandAlone() throws {
        let bytes = try vector.message("policies_answer")
        #expect(PoliciesAnswer(policies: GroupPolicies()).encoded() == bytes)
        #expect(try PoliciesAnswer(decoding: bytes.span).policies == GroupPolicies())
        #expect(PoliciesAnswer(policies: nil).encoded() == [0x40])
        #expect(try PoliciesAnswer(decoding: [0x40].span).policies == nil)
        #expect(throws: GroupcommError.missing(16)) { try PoliciesAnswer(decoding: [0xa0].span) }
        let list = try bytes.changed(16, to: [1])
        #expect(throws: GroupcommError.wrongType(16)) { try PoliciesAnswer(decoding: list.span) }
    }

    @Test(.requirement("GM-0131"))
    func newCredentialComesWithItsProof() throws {
        let bytes = try vector.message("credential_update")
        let update = CredentialUpdate(
            credential: vector.manager_credential.bytes, clientNonce: vector.nonce2.bytes,
            evidence: Array(repeating: 0, count: 64))
        #expect(try CredentialUpdate(decoding: bytes.span) == update)
        #expect(update.encoded() == bytes)
        for label in [5, 6, 24] as [Int64] {
            for (value, expected) in [
                (nil, .missing(label)), ("x", .wrongType(label)), (.bytes([]), .invalid(label)),
            ] as [(CBORValue?, GroupcommError)] {
                let payload = try bytes.changed(label, to: value)
                #expect(throws: expected) { try CredentialUpdate(decoding: payload.span) }
            }
        }
    }

    @Test(.requirement("GM-0251", "GM-0269", "GM-0275"))
    func bareItemsAreNoMaps() throws {
        #expect(VersionNumber.encode(13) == [0x0d])
        #expect(try VersionNumber.decode([0x0d].span) == 13)
        #expect(StaleSenderIDs.encodeRequest(version: 0) == [0])
        #expect(try StaleSenderIDs.decodeRequest([0x18, 0x18].span) == 24)
        for other in [[0x20], [0x61, 0x30], [0xa0], [0xf6], [0x80]] as [[UInt8]] {
            #expect(throws: GroupcommError.wrongShape) { try VersionNumber.decode(other.span) }
            #expect(throws: GroupcommError.wrongShape) { try StaleSenderIDs.decodeRequest(other.span) }
            #expect(throws: GroupcommError.wrongShape) { try ActiveStatus.decode(other.span) }
        }
        let none: [UInt8] = []
        #expect(throws: GroupcommError.malformed(.truncated)) { try StaleSenderIDs.decodeRequest(none.span) }
        #expect(throws: GroupcommError.malformed(.truncated)) { try ActiveStatus.decode(none.span) }
        #expect(throws: GroupcommError.malformed(.trailingBytes)) { try VersionNumber.decode([0, 0].span) }
        #expect(ActiveStatus.encode(true) == [0xf5] && ActiveStatus.encode(false) == [0xf4])
        #expect(try ActiveStatus.decode([0xf5].span))
        #expect(try !ActiveStatus.decode([0xf4].span))
    }

    @Test(.requirement("GM-0253", "GM-0254", "GM-0255", "GM-0256"))
    func staleSenderIDsAreASet() throws {
        let bytes = vector.stale_sender_ids.bytes
        #expect(StaleSenderIDs.encodeAnswer([[2], [5]]) == bytes)
        #expect(StaleSenderIDs.encodeAnswer([[2], [5], [2]]) == bytes)
        #expect(try StaleSenderIDs.decodeAnswer(bytes.span) == [[2], [5]])
        let twice = ([.bytes([5]), .bytes([2]), .bytes([5])] as CBORValue).encoded()
        #expect(try StaleSenderIDs.decodeAnswer(twice.span) == [[2], [5]])
        // Nothing is stale, and: who knows.
        #expect(StaleSenderIDs.encodeAnswer([]) == [0x80])
        #expect(try StaleSenderIDs.decodeAnswer([0x80].span) == [])
        #expect(StaleSenderIDs.encodeAnswer(nil) == [])
        let none: [UInt8] = []
        #expect(try StaleSenderIDs.decodeAnswer(none.span) == nil)
        for other in [[0x40], [0x81, 1], [0xa0], [0]] as [[UInt8]] {
            #expect(throws: GroupcommError.wrongShape) { try StaleSenderIDs.decodeAnswer(other.span) }
        }
    }
}
