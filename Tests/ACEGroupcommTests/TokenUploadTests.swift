import ACEGroupcomm
import CBOR
import COSE
import TestSupport
import Testing

/// POST to `/authz-info`, Content-Format 19.
struct TokenUploadTests {
    private let vector: MessageVector

    init() throws {
        vector = try MessageVector.load()
    }

    @Test(.requirement("GM-0032", "GM-0033", "GM-0038", "GM-0047", "GM-0051"))
    func workedUploadsAreReproduced() throws {
        let plain = try vector.message("upload")
        let upload = TokenUpload(
            token: [1], nonce1: vector.nonce1.bytes, clientRecipientID: [1], asksForSignInfo: true,
            asksForECDHInfo: true)
        #expect(try TokenUpload(decoding: plain.span) == upload)
        #expect(upload.encoded() == plain)
        var everything = upload
        everything.asksForDHCredentials = true
        #expect(everything.encoded() == (try vector.message("upload_everything")))
        #expect(try TokenUpload(decoding: everything.encoded().span) == everything)
        // What changes the rights under an existing Security Context has a token alone.
        let update = try vector.message("upload_update")
        #expect(try TokenUpload(decoding: update.span) == TokenUpload(token: [1]))
        #expect(TokenUpload(token: [1]).encoded() == update)
        let unknown = try plain.changed(1000, to: "x")
        #expect(try TokenUpload(decoding: unknown.span) == upload)
    }

    @Test(
        .requirement("GM-0032", "GM-0033", "GM-0043", "GM-0047", "GM-0051"),
        arguments: [
            (1, nil, .missing(1)), (1, "x", .wrongType(1)), (40, "x", .wrongType(40)), (43, 1, .wrongType(43)),
            (45, [], .wrongType(45)), (47, 1, .wrongType(47)), (48, false, .wrongType(48)),
            (45, .undefined, .wrongType(45)),
        ] as [(Int64, CBORValue?, GroupcommError)])
    func badParameterOfAnUploadIsNamed(label: Int64, value: CBORValue?, expected: GroupcommError) throws {
        let payload = try vector.message("upload").changed(label, to: value)
        #expect(throws: expected) { try TokenUpload(decoding: payload.span) }
    }

    @Test(.requirement("GM-0034", "GM-0048", "GM-0052", "GM-0054", "GM-0059"))
    func workedAnswersAreReproduced() throws {
        let bytes = try vector.message("upload_answer")
        let signing = GroupParameters(groupName: "g7", algorithm: -8, parameters: .ed25519, credentialFormat: .ccs)
        let agreeing = GroupParameters(groupName: "g7", algorithm: -27, parameters: .x25519, credentialFormat: .ccs)
        let answer = TokenUploadAnswer(
            nonce2: vector.nonce2.bytes, serverRecipientID: [2], kdcChallenge: vector.nonce1.bytes,
            signInfo: [signing], ecdhInfo: [agreeing])
        #expect(try TokenUploadAnswer(decoding: bytes.span) == answer)
        #expect(answer.encoded() == bytes)
        // Groups with the same parameters share an entry.
        let several = try vector.message("upload_answer_groups")
        let read = try TokenUploadAnswer(decoding: several.span)
        #expect(read.signInfo?.first?.groupNames == ["g7", "g8"])
        #expect(
            read.dhCredentials == [
                GroupDHCredential(
                    groupNames: ["pw"], credentialFormat: .ccs, credential: vector.manager_credential.bytes)
            ])
        #expect(read.ecdhInfo == nil)
        #expect(read.encoded() == several)
    }

    @Test(
        .requirement("GM-0034", "GM-0048", "GM-0052", "GM-0054"),
        arguments: [
            (42, nil, .missing(42)), (42, 1, .wrongType(42)), (44, nil, .missing(44)), (44, "x", .wrongType(44)),
            (46, 1, .wrongType(46)), (45, .null, .wrongType(45)), (45, [1], .wrongType(45)),
            (45, [["g7", -8, [1], [1, 6]]], .wrongType(45)), (45, [[[], -8, [1], [1, 6], 14]], .wrongType(45)),
            (45, [[["g7", 1], -8, [1], [1, 6], 14]], .wrongType(45)),
            (45, [["g7", "x", [1], [1, 6], 14]], .wrongType(45)), (47, [["g7", -27, 1, [1, 4], 14]], .wrongType(47)),
            (47, [["g7", -27, [1], ["x"], 14]], .wrongType(47)),
            (47, [["g7", -27, [1], [1, 4], .null]], .wrongType(47)),
            (48, [["pw", 14]], .wrongType(48)), (48, [["pw", 14, "x"]], .wrongType(48)),
            (48, [[1, 14, .bytes([])]], .wrongType(48)),
        ] as [(Int64, CBORValue?, GroupcommError)])
    func badParameterOfAnAnswerIsNamed(label: Int64, value: CBORValue?, expected: GroupcommError) throws {
        let payload = try vector.message("upload_answer").changed(label, to: value)
        #expect(throws: expected) { try TokenUploadAnswer(decoding: payload.span) }
    }

    /// The same parameters stand under other labels in a refused join.
    @Test(.requirement("GM-0060", "GM-0100"))
    func labelsDependOnTheContentFormat() throws {
        let bytes = try vector.message("join_error")
        let information = try JoinErrorInformation(decoding: bytes.span)
        #expect(information.signature?.groupNames == ["g7"])
        #expect(information.keyAgreement?.algorithm == -27)
        #expect(information.kdcChallenge?.count == 8)
        #expect(information.dhCredential == nil)
        #expect(information.encoded() == bytes)
        let pairwise = try vector.message("join_error_pairwise")
        let other = try JoinErrorInformation(decoding: pairwise.span)
        #expect(other.signature == nil)
        #expect(other.dhCredential?.credential == vector.manager_credential.bytes)
        #expect(other.encoded() == pairwise)
        let two: CBORValue = [
            32: [["pw", 14, .bytes([1])], ["px", 14, .bytes([1])]]
        ]
        #expect(throws: GroupcommError.wrongType(32)) { try JoinErrorInformation(decoding: two.encoded().span) }
        // Swapped, neither finds anything.
        let answer = try vector.message("upload_answer")
        let swapped = try JoinErrorInformation(decoding: answer.span)
        #expect(swapped == JoinErrorInformation(signature: nil, keyAgreement: nil, kdcChallenge: nil))
        #expect(throws: GroupcommError.missing(42)) { try TokenUploadAnswer(decoding: bytes.span) }
        #expect(AuthorizationLabel.signInfo.rawValue == 45 && GroupcommLabel.signInfo.rawValue == 29)
        #expect(AuthorizationLabel.kdcChallenge.rawValue == 46 && GroupcommLabel.kdcChallenge.rawValue == 30)
        #expect(AuthorizationLabel.ecdhInfo.rawValue == 47 && GroupcommLabel.ecdhInfo.rawValue == 31)
        #expect(AuthorizationLabel.kdcDHCreds.rawValue == 48 && GroupcommLabel.kdcDHCreds.rawValue == 32)
    }

    @Test(.requirement("GM-0384"))
    func fortyIsANonceHereAndALifetimeInAToken() throws {
        let upload = try TokenUpload(decoding: ([1: .bytes([1]), 40: .bytes([2])] as CBORValue).encoded().span)
        #expect(upload.nonce1 == [2])
        let claims = try AccessTokenClaims(decoding: ([40: 600] as CBORValue).encoded().span)
        #expect(claims.expiresIn == 600)
        let swapped = ([40: .bytes([2])] as CBORValue).encoded()
        #expect(throws: GroupcommError.wrongType(40)) { try AccessTokenClaims(decoding: swapped.span) }
    }
}
