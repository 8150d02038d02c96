import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CryptoPrimitives
import TestSupport
import Testing

/// Tokens as the manager opens them.
struct AccessTokenTests {
    private let vector: TokenVector
    private let keys: [AccessTokenKey]
    private let names: [String]

    init() throws {
        let vector = try TokenVector.load()
        var keys: [AccessTokenKey] = [
            .shared(
                keyID: Array("as-gm".utf8), algorithm: .aesCCM_16_64_128,
                key: SecretField(copying: vector.shared.bytes.span)),
            .shared(keyID: nil, algorithm: .chaCha20Poly1305, key: SecretField(copying: vector.wide.bytes.span)),
        ]
        var names = ["shared", "wide"]
        for issuer in vector.issuers {
            let kind = try #require(KeyKind.allCases.first { "\($0)" == issuer.kind })
            let key = try PrivateKey(kind, secret: issuer.secret.bytes.span)
            keys.append(
                .publicKeys(issuer: key.publicKey, own: SecretField(copying: vector.manager_scalar.bytes.span)))
            names.append(issuer.kind)
        }
        self.vector = vector
        self.keys = keys
        self.names = names
    }

    private func open(_ token: [UInt8]) throws(AccessTokenError) -> AccessTokenClaims {
        try AccessToken.open(token.span, keys: keys).claims
    }

    @Test(.requirement("GM-0023", "GM-0041"), arguments: try TokenVector.load().tokens)
    func workedTokenOpensUnderItsKey(token: TokenVector.Token) throws {
        let (claims, index) = try AccessToken.open(token.token.bytes.span, keys: keys)
        #expect(names[index] == token.key)
        #expect(claims.encoded() == vector.claims.bytes)
        #expect(claims.issuer == "coap://as.example")
        #expect(claims.subject == "lamp-3")
        #expect(claims.audience == "gm1")
        #expect(claims.expiration == 1_893_456_000)
        #expect(claims.issuedAt == 1_893_369_600)
        #expect(claims.tokenID == [0x0b, 0x71])
        guard case .inputMaterial(let material) = claims.confirmation else {
            Issue.record("no keying material")
            return
        }
        #expect(material.masterSecret == vector.master_secret.bytes)
        let scope = try #require(claims.scope)
        #expect(try scope.scope().roles(in: "g7") == [.requester, .responder])
        // Nobody else opens it.
        let others = keys.indices.filter { $0 != index }.map { keys[$0] }
        #expect(throws: AccessTokenError.notAuthentic) {
            _ = try AccessToken.open(token.token.bytes.span, keys: others)
        }
        #expect(throws: AccessTokenError.notAuthentic) { _ = try AccessToken.open(token.token.bytes.span, keys: []) }
    }

    @Test(.requirement("GM-0011", "GM-0023", "GM-0041", "GM-0043"), arguments: try TokenVector.load().refused)
    func badTokenIsRefused(token: TokenVector.Refused) throws {
        let error = #expect(throws: AccessTokenError.self) { _ = try open(token.token.bytes) }
        #expect(error.map { "\($0)" } == token.reason)
    }

    @Test func tokensOfRFC8392AreRead() throws {
        struct Vector: Decodable {
            struct Key: Decodable {
                let key: HexBytes
            }

            let claims: HexBytes
            let symmetric128: Key
            let signed: HexBytes
            let maced: HexBytes
            let encrypted: HexBytes
            let nested: HexBytes
            let maced_float: HexBytes
        }
        let vector: Vector = try VectorFile.load("rfc8392/cwt")
        let keys = [
            AccessTokenKey.shared(
                keyID: Array("Symmetric128".utf8), algorithm: .aesCCM_16_64_128,
                key: SecretField(copying: vector.symmetric128.key.bytes.span))
        ]
        let claims = try AccessToken.open(vector.encrypted.bytes.span, keys: keys).claims
        #expect(claims.encoded() == vector.claims.bytes)
        #expect(claims.notBefore == 1_443_944_944)
        #expect(claims.confirmation == nil)
        for token in [vector.signed, vector.maced, vector.maced_float] {
            #expect(throws: AccessTokenError.notEncrypted) { _ = try AccessToken.open(token.bytes.span, keys: keys) }
        }
        // A signature that nobody has a key for.
        #expect(throws: AccessTokenError.malformed) { _ = try AccessToken.open(vector.nested.bytes.span, keys: keys) }
    }

    @Test(.requirement("GM-0018", "GM-0046"))
    func claimsAreAllOptionalHere() throws {
        let bytes = try MessageVector.load().message("claims_key_id")
        let claims = try AccessTokenClaims(decoding: bytes.span)
        #expect(claims.audiences == ["gm1", "gm2"])
        #expect(claims.audience == nil)
        #expect(claims.confirmation == .keyID([1]))
        #expect(claims.clientNonce == (0xc1...0xc8).map { $0 })
        #expect(claims.expiresIn == 600)
        #expect(claims.notBefore == 1_893_369_600)
        #expect(claims.encoded() == bytes)
        #expect(try AccessTokenClaims(decoding: [0xa0].span) == AccessTokenClaims())
    }

    @Test(
        arguments: [
            (1, 1, .wrongType(1)), (2, 1, .wrongType(2)), (3, 1, .wrongType(3)), (3, ["x", 1], .wrongType(3)),
            (4, "x", .wrongType(4)), (4, -1, .wrongType(4)), (5, "x", .wrongType(5)), (6, "x", .wrongType(6)),
            (4, .float(CBORFloat(width: .half, bits: 0x7c00)), .wrongType(4)),
            (4, .float(CBORFloat(width: .half, bits: 0x7e00)), .wrongType(4)),
            (4, .float(CBORFloat(width: .double, bits: 0xc000_0000_0000_0000)), .wrongType(4)),
            (7, 1, .wrongType(7)), (8, 1, .wrongType(8)), (8, [:], .invalid(8)), (39, 1, .wrongType(39)),
            (40, "x", .wrongType(40)),
        ] as [(Int64, CBORValue, GroupcommError)])
    func badClaimIsNamed(label: Int64, value: CBORValue, expected: GroupcommError) throws {
        let payload = try vector.claims.bytes.changed(label, to: value)
        #expect(throws: expected) { try AccessTokenClaims(decoding: payload.span) }
    }

    /// A NumericDate may have a fraction: a token ends with the second that it names a part of.
    @Test func fractionsOfSecondsAreRounded() throws {
        let half = CBORValue.float(CBORFloat(width: .half, bits: 0x4900))
        let more = CBORValue.float(CBORFloat(width: .double, bits: 10.25.bitPattern))
        let whole = try AccessTokenClaims(decoding: ([4: half, 5: half, 6: half] as CBORValue).encoded().span)
        #expect(whole.expiration == 10 && whole.notBefore == 10 && whole.issuedAt == 10)
        let rounded = try AccessTokenClaims(decoding: ([4: more, 5: more, 6: more] as CBORValue).encoded().span)
        #expect(rounded.expiration == 11 && rounded.notBefore == 11 && rounded.issuedAt == 10)
    }

    @Test func sealedTokensOpen() throws {
        var random = SeededGenerator(seed: 8392)
        let claims = try AccessTokenClaims(decoding: vector.claims.bytes.span)
        for index in [0, 1] {
            let token = try AccessToken.seal(claims, key: keys[index], random: &random)
            let again = try AccessToken.seal(claims, key: keys[index], random: &random)
            #expect(token != again, "a nonce was used twice")
            let opened = try AccessToken.open(token.span, keys: keys)
            #expect(opened.claims == claims)
            #expect(opened.keyIndex == index)
        }
        for (offset, issuer) in vector.issuers.enumerated() {
            let kind = try #require(KeyKind.allCases.first { "\($0)" == issuer.kind })
            let key = try PrivateKey(kind, secret: issuer.secret.bytes.span)
            let own = try X25519PrivateKey(scalar: vector.manager_scalar.bytes.span)
            let token = try AccessToken.seal(claims, issuer: key, recipient: own.publicKey, random: &random)
            let opened = try AccessToken.open(token.span, keys: keys)
            #expect(opened.claims == claims)
            #expect(opened.keyIndex == 2 + offset)
            #expect(!token.contains(vector.master_secret.bytes))
        }
    }

    @Test func unusableKeysSealNothing() throws {
        var random = SeededGenerator(seed: 1)
        let claims = AccessTokenClaims(subject: "x")
        let short = SecretField(copying: [1, 2, 3].span)
        for (key, expected) in [
            (.shared(keyID: nil, algorithm: .aesCCM_16_64_128, key: short), .invalidKey),
            (.shared(keyID: nil, algorithm: AEADAlgorithm(rawValue: 9999), key: short), .unsupported),
            (keys[2], .unsupported),
        ] as [(AccessTokenKey, CryptoError)] {
            let error = #expect(throws: CryptoError.self) {
                _ = try AccessToken.seal(claims, key: key, random: &random)
            }
            #expect(error == expected)
        }
        // A key that is none opens nothing.
        let token = vector.tokens[0].token.bytes
        for key in [
            .shared(keyID: nil, algorithm: .aesCCM_16_64_128, key: short), keys[2],
            .publicKeys(issuer: try PrivateKey(.ed25519, secret: vector.wide.bytes.span).publicKey, own: short),
        ] as [AccessTokenKey] {
            #expect(throws: AccessTokenError.notAuthentic) { _ = try AccessToken.open(token.span, keys: [key]) }
        }
    }

    @Test(.requirement("GM-0041"))
    func changedTokensAreRefused() throws {
        var random = SeededGenerator(seed: 0x70ce)
        for token in [vector.tokens[0].token.bytes, vector.tokens[6].token.bytes] {
            for count in 0..<token.count {
                let prefix = Array(token.prefix(count))
                #expect(throws: AccessTokenError.malformed) { _ = try open(prefix) }
            }
            for _ in 0..<2000 {
                let changed = token.mutated(using: &random)
                // Some accidents change nothing that counts, such as a kid that is left out.
                if let claims = try? open(changed) { #expect(claims.encoded() == vector.claims.bytes) }
            }
        }
    }

    @Test(.requirement("GM-0487"))
    func nothingPrintsTheSecrets() throws {
        let secret = vector.master_secret.bytes
        let claims = try AccessTokenClaims(decoding: vector.claims.bytes.span)
        let confirmation = try #require(claims.confirmation)
        let response = TokenResponse(accessToken: [1], confirmation: confirmation)
        guard case .inputMaterial(let material) = confirmation else { return }
        #expect(!SecretScan.finds(secret, in: claims))
        #expect(!SecretScan.finds(secret, in: confirmation))
        #expect(!SecretScan.finds(secret, in: response))
        #expect(!SecretScan.finds(secret, in: material))
        #expect(!SecretScan.finds(vector.shared.bytes, in: keys))
        #expect(!SecretScan.finds(vector.manager_scalar.bytes, in: keys))
        for token in vector.refused {
            do throws(AccessTokenError) { _ = try open(token.token.bytes) } catch {
                #expect(!SecretScan.finds(secret, in: error))
            }
        }
        var printed = ""
        dump((claims, response, confirmation), to: &printed)
        #expect(!printed.isEmpty)
    }
}
