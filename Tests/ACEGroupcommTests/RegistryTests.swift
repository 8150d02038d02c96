import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import TestSupport
import Testing

/// The numbers of the registries, each once and as assigned.
struct RegistryTests {
    @Test(
        .requirement("GM-0015", "GM-0371"),
        arguments: [
            (.textPlain, 0, ""), (.ace, 19, "13"), (.linkFormat, 40, "28"), (.cbor, 60, "3c"), (.cwt, 61, "3d"),
            (.problemDetails, 257, "0101"), (.aceGroupcomm, 261, "0105"), (.oscoreGroupScope, 297, "0129"),
            (.oscoreGroupScopeJSON, 298, "012a"), (.oscore, 10001, "2711"),
        ] as [(ContentFormat, UInt16, String)])
    func contentFormatsHaveTheirNumbers(format: ContentFormat, number: UInt16, option: String) {
        #expect(format.rawValue == number)
        var options = Options()
        options.append(.contentFormat, uint: UInt64(format.rawValue))
        #expect(options.first(of: .contentFormat).map { Hex.encode($0) } == option)
        #expect(options.contentFormat == format)
    }

    @Test(.requirement("GM-0376"))
    func groupcommParametersHaveTheirNumbers() {
        let labels: [GroupcommLabel] = [
            .gid, .gname, .guri, .scope, .getCreds, .clientCred, .cnonce, .gkty, .key, .num, .aceGroupcommProfile, .exp,
            .exi, .creds, .peerRoles, .peerIdentifiers, .groupPolicies, .kdcCred, .kdcNonce, .kdcCredVerify,
            .rekeyingScheme, .groupSenderID, .clientCredVerify, .credsRepo, .controlURI, .mgtKeyMaterial,
            .controlGroupURI, .signInfo, .kdcChallenge, .ecdhInfo, .kdcDHCreds, .signEncKey, .staleNodeIDs,
        ]
        // 22 and 23 are for nothing here.
        #expect(labels.map(\.rawValue) == Array(0...21) + Array(24...34))
    }

    @Test(.requirement("GM-0378"))
    func adminParametersHaveTheirNumbers() {
        let labels: [GroupcommLabel] = [
            .hkdf, .credFmt, .groupMode, .gpEncAlg, .signAlg, .signParams, .pairwiseMode, .alg, .ecdhAlg, .ecdhParams,
            .rt, .active, .groupName, .groupDescription, .maxStaleSets, .gidReuse, .appGroups, .joiningURI, .asURI,
        ]
        #expect(labels.map(\.rawValue) == (1...19).map { -$0 })
        let others: [GroupcommLabel] = [.detReq, .detHashAlg, .confFilter, .appGroupsDiff]
        #expect(others.map(\.rawValue) == [-25, -26, -27, -28])
        let first: [(GroupcommLabel, String)] = [
            (.hkdf, "20"), (.groupName, "2c"), (.appGroups, "30"), (.detReq, "3818"), (.appGroupsDiff, "381b"),
        ]
        for (label, bytes) in first { #expect(Hex.encode(CBORValue(label.rawValue).encoded()) == bytes) }
    }

    @Test(.requirement("GM-0377"))
    func inputMaterialParametersHaveTheirNumbers() {
        let labels: [InputMaterialLabel] = [
            .id, .version, .ms, .hkdf, .alg, .salt, .contextID, .groupSenderID, .credFmt, .gpEncAlg, .signAlg,
            .signParams, .ecdhAlg, .ecdhParams,
        ]
        #expect(labels.map(\.rawValue) == Array(0...13))
    }

    @Test(.requirement("GM-0019", "GM-0020", "GM-0033", "GM-0034", "GM-0384"))
    func authorizationParametersHaveTheirNumbers() {
        let labels: [AuthorizationLabel] = [
            .accessToken, .expiresIn, .reqCnf, .audience, .cnf, .scope, .error, .errorDescription, .grantType,
            .aceProfile, .cnonce, .nonce1, .rsCnf, .nonce2, .aceClientRecipientID, .aceServerRecipientID, .signInfo,
            .kdcChallenge, .ecdhInfo, .kdcDHCreds,
        ]
        #expect(labels.map(\.rawValue) == [1, 2, 4, 5, 8, 9, 30, 31, 33] + Array(38...48))
        let claims: [TokenClaimLabel] = [
            .iss, .sub, .aud, .exp, .nbf, .iat, .cti, .cnf, .scope, .cnonce, .exi,
        ]
        #expect(claims.map(\.rawValue) == Array(1...9) + [39, 40])
        let hints: [CreationHintLabel] = [.authorizationServer, .kid, .audience, .scope, .cnonce]
        #expect(hints.map(\.rawValue) == [1, 2, 5, 9, 39])
    }

    @Test(.requirement("GM-0383"))
    func profilesHaveTheirNumbers() {
        #expect(ACEProfile.coapDTLS.rawValue == 1)
        #expect(ACEProfile.coapOSCORE.rawValue == 2)
    }

    @Test(.requirement("GM-0358"))
    func errorsHaveTheirNumbers() throws {
        let errors: [GroupcommErrorID] = [
            .membersOnly, .inconsistentRoles, .incompatibleCredential, .invalidEvidence, .noIndividualKeyingMaterial,
            .membershipTerminated, .groupDeleted, .noSignatures, .verifiersOnly, .groupInactive, .groupActive,
            .noGroupName, .unsupportedConfiguration,
        ]
        #expect(errors.map(\.rawValue) == Array(0...12))
        for error in errors {
            #expect(try ProblemDetails(decoding: ProblemDetails(error: error).encoded().span).error == error)
        }
    }

    @Test(.requirement("GM-0379"))
    func algorithmsHaveTheirNumbers() {
        let ciphers: [(AEADAlgorithm, Int)] = [
            (.aesCCM_16_64_128, 10), (.aesCCM_16_64_256, 11), (.aesCCM_16_128_128, 30), (.chaCha20Poly1305, 24),
            (.a128GCM, 1),
        ]
        for (algorithm, number) in ciphers {
            #expect(algorithm.rawValue == number)
            #expect(AEADAlgorithm(rawValue: number).aeadKind != nil)
        }
        #expect(HKDFAlgorithm.hkdfSHA256.rawValue == 5 && HKDFAlgorithm.hkdfSHA512.rawValue == 7)
        let signatures: [(SignatureAlgorithm, Int)] = [(.edDSA, -8), (.es256, -7), (.es384, -35), (.es512, -36)]
        for (algorithm, number) in signatures {
            #expect(algorithm.rawValue == number)
            #expect(SignatureAlgorithm(rawValue: number).signatureKind != nil)
        }
        #expect(PairwiseKeyAgreementAlgorithm.ecdhSSHKDF256.rawValue == -27)
        #expect(PairwiseKeyAgreementAlgorithm.ecdhSSHKDF512.rawValue == -28)
        #expect(RecipientAlgorithm.ecdhESHKDF256.rawValue == -25 && RecipientAlgorithm.ecdhESHKDF512.rawValue == -26)
        #expect(HashAlgorithm.sha256.rawValue == -16)
        // Kept, and good for nothing.
        #expect(AEADAlgorithm(rawValue: 9999).aeadKind == nil)
        #expect(HKDFAlgorithm(rawValue: 9999).hash == nil)
        #expect(SignatureAlgorithm(rawValue: 9999).signatureKind == nil)
        #expect(PairwiseKeyAgreementAlgorithm(rawValue: 9999).hkdf == nil)
        #expect(RecipientAlgorithm(rawValue: 9999).hash == nil)
        #expect(HashAlgorithm(rawValue: 9999).hash == nil)
    }

    @Test(.requirement("GM-0381"))
    func fullySpecifiedAlgorithmIsAnother() {
        #expect(SignatureAlgorithm(rawValue: -19) != .edDSA)
        #expect(SignatureAlgorithm(rawValue: -19).signatureKind == nil)
        #expect(SignatureAlgorithm(rawValue: -9).signatureKind == nil)
    }

    /// The numbers as they stand in a credential; RSA (3), X448 (5) and Ed448 (7) are not built.
    @Test(
        .requirement("GM-0380"),
        arguments: [(KeyKind.p256, 2, 1), (.p384, 2, 2), (.p521, 2, 3), (.x25519, 1, 4), (.ed25519, 1, 6)])
    func keysAndCurvesHaveTheirNumbers(kind: KeyKind, type: Int64, curve: Int64) throws {
        let secret = Array(repeating: UInt8(0), count: kind.secretLength - 1) + [9]
        let key = try PrivateKey(kind, secret: secret.span)
        let credential = AuthenticationCredential.ccs(subject: "x", publicKey: key.publicKey)
        let claims = try #require(try CBORValue(decoding: credential.bytes.span).mapValue)
        var coseKey = try #require(claims[8]?.mapValue?[1]?.mapValue)
        #expect(coseKey[1] == CBORValue(type))
        #expect(coseKey[-1] == CBORValue(curve))
        #expect(try AuthenticationCredential(parsing: credential.bytes.span, format: .ccs).publicKey.kind == kind)
        let whole = coseKey
        for (label, value) in [(1, 3), (1, 9999), (-1, 5), (-1, 7), (-1, 9999)] as [(Int64, CBORValue)] {
            coseKey = whole
            coseKey[label] = value
            let foreign = ([8: [1: .map(coseKey)]] as CBORValue).encoded()
            #expect(throws: CredentialError.unsupportedKey) {
                try AuthenticationCredential(parsing: foreign.span, format: .ccs)
            }
        }
    }
}
