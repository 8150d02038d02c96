import ACEGroupcomm
import CBOR
import COSE
import TestSupport
import Testing

/// What client and authorization server say to each other, Content-Format 19.
struct TokenExchangeTests {
    private let vector: MessageVector

    init() throws {
        vector = try MessageVector.load()
    }

    @Test(.requirement("GM-0019"))
    func workedRequestIsReproduced() throws {
        let bytes = try vector.message("token_request")
        let request = try TokenRequest(decoding: bytes.span)
        #expect(
            request
                == TokenRequest(
                    grantType: TokenRequest.clientCredentials, audience: "gm1", scope: vector.scope.bytes,
                    asksForProfile: true))
        #expect(request.encoded() == bytes)
        let update = try vector.message("token_request_update")
        let updating = try TokenRequest(decoding: update.span)
        #expect(updating.requestedKeyID == [1])
        #expect(updating.encoded() == update)
        #expect(try TokenRequest(decoding: [0xa0].span) == TokenRequest())
    }

    @Test(
        .requirement("GM-0011", "GM-0017", "GM-0019"),
        arguments: [
            (9, .tagged(1_668_547_115, .bytes([0x80])), .wrongType(9)), (9, "g7", .wrongType(9)),
            (9, [["g7", 6]], .wrongType(9)), (5, 1, .wrongType(5)), (33, "x", .wrongType(33)), (33, -1, .wrongType(33)),
            (38, 2, .wrongType(38)), (4, .bytes([1]), .wrongType(4)), (4, [1: [:]], .invalid(4)),
            (4, [3: 1], .invalid(4)), (4, [:], .invalid(4)),
        ] as [(Int64, CBORValue, GroupcommError)])
    func badParameterOfARequestIsNamed(label: Int64, value: CBORValue, expected: GroupcommError) throws {
        let payload = try vector.message("token_request").changed(label, to: value)
        #expect(throws: expected) { try TokenRequest(decoding: payload.span) }
    }

    @Test(.requirement("GM-0020", "GM-0022", "GM-0383"))
    func workedResponseIsReproduced() throws {
        let bytes = try vector.message("token_response")
        let response = try TokenResponse(decoding: bytes.span)
        let material = OSCOREInputMaterial(
            id: [1], masterSecret: Array(0x30...0x3f), algorithm: .aesCCM_16_64_128, salt: vector.input_salt.bytes)
        #expect(response.accessToken == [1])
        #expect(response.expiresIn == 3600)
        #expect(response.confirmation == .inputMaterial(material))
        let granted = try #require(response.scope)
        let scope = try AuthorizationScope(decoding: granted.span)
        #expect(scope.roles(in: "g7") == .responder)
        #expect(response.profile == .coapOSCORE)
        #expect(response.encoded() == bytes)
        // What a client has to notice.
        let silent = try bytes.changed(2, to: nil).changed(9, to: nil)
        let other = try TokenResponse(decoding: silent.span)
        #expect(other.expiresIn == nil)
        #expect(other.scope == nil)
        let dtls = try bytes.changed(38, to: 1)
        #expect(try TokenResponse(decoding: dtls.span).profile == .coapDTLS)
        let unknown = try bytes.changed(38, to: 7).changed(99, to: "x")
        #expect(try TokenResponse(decoding: unknown.span).profile == ACEProfile(rawValue: 7))
    }

    @Test(
        .requirement("GM-0017", "GM-0020", "GM-0022"),
        arguments: [
            (1, nil, .missing(1)), (1, "x", .wrongType(1)), (2, -1, .wrongType(2)), (9, "g7", .wrongType(9)),
            (9, .tagged(1_668_547_115, .bytes([0x80])), .wrongType(9)), (38, "x", .wrongType(38)),
            (8, 1, .wrongType(8)), (8, [1: [1: 1]], .invalid(8)), (8, [4: 1], .wrongShape),
            (8, [4: [0: .bytes([1])]], .missing(2)), (8, [4: [2: .bytes([1])]], .missing(0)),
            (8, [4: [0: .bytes([1]), 2: .bytes([])]], .invalid(2)), (8, [4: [0: 1, 2: .bytes([1])]], .wrongType(0)),
            (8, [4: [0: .bytes([1]), 2: .bytes([1]), 3: "x"]], .wrongType(3)),
            (8, [4: [0: .bytes([1]), 2: .bytes([1]), 5: 1]], .wrongType(5)),
            (8, [4: [0: .bytes([1]), 2: .bytes([1]), 6: 1]], .wrongType(6)),
            (8, [4: [0: .bytes([1]), 2: .bytes([1]), 1: "x"]], .wrongType(1)),
        ] as [(Int64, CBORValue?, GroupcommError)])
    func badParameterOfAResponseIsNamed(label: Int64, value: CBORValue?, expected: GroupcommError) throws {
        let payload = try vector.message("token_response").changed(label, to: value)
        #expect(throws: expected) { try TokenResponse(decoding: payload.span) }
    }

    @Test(.requirement("GM-0022", "GM-0377"))
    func inputMaterialHasTheNumbersOfItsRegistry() throws {
        let material = OSCOREInputMaterial(
            id: [1], version: 1, masterSecret: [2], hkdf: .hkdfSHA512, algorithm: .chaCha20Poly1305, salt: [5],
            contextID: [6])
        let expected: CBORValue = [
            0: .bytes([1]), 1: 1, 2: .bytes([2]), 3: 7, 4: 24, 5: .bytes([5]), 6: .bytes([6]),
        ]
        #expect(material.encoded() == expected.encoded())
        #expect(try OSCOREInputMaterial(decoding: material.encoded().span) == material)
        var wiped = material
        wiped.wipe()
        #expect(wiped.masterSecret.isEmpty)
        var confirmation = Confirmation.inputMaterial(material)
        confirmation.wipe()
        #expect(confirmation == .keyID([]))
    }

    @Test(.requirement("GM-0021"))
    func errorsHaveTheirNumbers() throws {
        let bytes = try vector.message("token_error")
        let response = try TokenErrorResponse(decoding: bytes.span)
        #expect(response == TokenErrorResponse(error: .invalidScope, description: "no such group"))
        #expect(response.encoded() == bytes)
        let codes: [TokenErrorCode] = [
            .invalidRequest, .invalidClient, .invalidGrant, .unauthorizedClient, .unsupportedGrantType, .invalidScope,
            .unsupportedPoPKey, .incompatibleACEProfiles,
        ]
        #expect(codes.map(\.rawValue) == Array(1...8))
        for (label, value, expected) in [
            (30, nil, .missing(30)), (30, "x", .wrongType(30)), (31, 1, .wrongType(31)),
        ] as [(Int64, CBORValue?, GroupcommError)] {
            let payload = try bytes.changed(label, to: value)
            #expect(throws: expected) { try TokenErrorResponse(decoding: payload.span) }
        }
    }

    @Test(.requirement("GM-0017"))
    func workedHintsAreReproduced() throws {
        let bytes = try vector.message("creation_hints")
        let hints = try CreationHints(decoding: bytes.span)
        #expect(
            hints
                == CreationHints(
                    authorizationServer: "coap://as/token", audience: "gm1", scope: vector.scope.bytes,
                    clientNonce: vector.nonce2.bytes))
        #expect(hints.encoded() == bytes)
        #expect(CreationHints(keyID: [1]).encoded() == ([2: .bytes([1])] as CBORValue).encoded())
        for (label, value) in [
            (1, 1), (2, "x"), (5, 1), (9, "g7"), (9, .tagged(1_668_547_115, .bytes([0x80]))), (39, 1),
        ] as [(Int64, CBORValue)] {
            let payload = try bytes.changed(label, to: value)
            #expect(throws: GroupcommError.wrongType(label)) { try CreationHints(decoding: payload.span) }
        }
    }

    @Test(.requirement("GM-0036"))
    func masterSaltHasTheHeadsOfItsParts() {
        let (nonce1, nonce2) = (vector.nonce1.bytes, vector.nonce2.bytes)
        #expect(
            OSCOREInputMaterial.masterSalt(
                salt: vector.input_salt.bytes, nonce1: nonce1.span, nonce2: nonce2.span) == vector.master_salt.bytes)
        #expect(
            OSCOREInputMaterial.masterSalt(salt: nil, nonce1: nonce1.span, nonce2: nonce2.span)
                == vector.master_salt_without_input.bytes)
        // An empty one that was delivered is there.
        #expect(
            OSCOREInputMaterial.masterSalt(salt: [], nonce1: nonce1.span, nonce2: nonce2.span)
                == [0x40] + vector.master_salt_without_input.bytes)
    }
}

extension Array<UInt8> {
    /// A map with one value changed, or taken out.
    func changed(_ label: Int64, to value: CBORValue?) throws -> [UInt8] {
        var map = try #require(try CBORValue(decodingAnyEncoding: span).mapValue)
        map[label] = value
        return CBORValue.map(map).encoded()
    }
}
