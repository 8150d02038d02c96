import ACEGroupcomm
import CBOR
import TestSupport
import Testing

struct JoinRequestTests {
    private let vector: JoinVector

    init() throws {
        vector = try JoinVector.load()
    }

    @Test(.requirement("GM-0076", "GM-0078"))
    func workedExampleDecodesAndEncodesToTheSameBytes() throws {
        #expect(vector.join_request.bytes.count == 186)
        let request = try JoinRequest(decoding: vector.join_request.bytes.span)
        #expect(request.scope == vector.scope.bytes)
        #expect(request.scopeEntry == ScopeEntry(groupName: "g7", roles: [.requester, .responder]))
        #expect(request.getCreds == .relevant)
        #expect(request.clientCredential == vector.client.credential.bytes)
        #expect(request.clientNonce == vector.client_nonce.bytes)
        #expect(request.clientEvidence == vector.client_evidence.bytes)
        #expect(request.controlURI == vector.control_uri)
        #expect(request.encoded() == vector.join_request.bytes)
        let built = JoinRequest(
            scopeEntry: request.scopeEntry, getCreds: .relevant, clientCredential: request.clientCredential,
            clientNonce: request.clientNonce, clientEvidence: request.clientEvidence, controlURI: request.controlURI)
        #expect(built.encoded() == vector.join_request.bytes)
    }

    @Test(.requirement("GM-0085", "GM-0086"))
    func monitorHasNeitherCredentialNorEvidence() throws {
        let request = try JoinRequest(decoding: vector.monitor_join_request.bytes.span)
        #expect(request.scopeEntry.roles == .monitor)
        #expect(request.clientCredential == nil)
        let encoded = JoinRequest(scopeEntry: request.scopeEntry, clientNonce: request.clientNonce).encoded()
        #expect(encoded == vector.monitor_join_request.bytes)
        // Garbage under 5 and 24 is not even looked at.
        var map = try fields(vector.monitor_join_request.bytes)
        map[5] = "x"
        map[24] = 1
        #expect(try JoinRequest(decoding: CBORValue.map(map).encoded().span).clientCredential == nil)
    }

    @Test(.requirement("GM-0359", "GM-0362"))
    func everyPrefixAndEveryExtensionIsRefused() {
        for count in 0..<vector.join_request.bytes.count {
            let prefix = Array(vector.join_request.bytes.prefix(count))
            #expect(throws: GroupcommError.self) { try JoinRequest(decoding: prefix.span) }
        }
        let longer = vector.join_request.bytes + [0]
        #expect(throws: GroupcommError.malformed(.trailingBytes)) { try JoinRequest(decoding: longer.span) }
    }

    @Test(.requirement("GM-0091"))
    func unknownLabelsAreIgnored() throws {
        var map = try fields(vector.join_request.bytes)
        map[200] = 1
        map[-300] = "x"
        #expect(try JoinRequest(decoding: CBORValue.map(map).encoded().span).scope == vector.scope.bytes)
    }

    @Test(
        .requirement("GM-0078", "GM-0083", "GM-0093"),
        arguments: [
            (3, nil, GroupcommError.missing(3)), (3, "g7", .wrongType(3)), (3, .bytes([0x01]), .invalid(3)),
            // An array of entries, a name that is no text, roles that are no number.
            (3, .bytes([0x81, 0x82, 0x62, 0x67, 0x37, 0x06]), .invalid(3)),
            (3, .bytes([0x82, 0x42, 0x67, 0x37, 0x06]), .invalid(3)),
            (3, .bytes([0x82, 0x62, 0x67, 0x37, 0x20]), .invalid(3)),
            (5, "x", .wrongType(5)), (6, nil, .missing(6)), (6, "x", .wrongType(6)), (6, .bytes([]), .invalid(6)),
            (24, 1, .wrongType(24)), (26, 1, .wrongType(26)),
            (4, [true, [], []], .invalid(4)), (4, [false, [2], []], .invalid(4)),
            (4, [true, [2], [.bytes([1])]], .invalid(4)), (4, [true, [1], []], .invalid(4)),
            (4, [true, [7], []], .invalid(4)), (4, [true, [2]], .wrongType(4)), (4, 0, .wrongType(4)),
        ] as [(Int64, CBORValue?, GroupcommError)])
    func wrongParameterIsNamed(label: Int64, value: CBORValue?, expected: GroupcommError) throws {
        var map = try fields(vector.join_request.bytes)
        map[label] = value
        let payload = CBORValue.map(map).encoded()
        #expect(throws: expected) { try JoinRequest(decoding: payload.span) }
    }

    @Test func anythingButAMapIsRefused() {
        for payload in [[0x80], [0x40], [0x01], [0xf6]] as [[UInt8]] {
            #expect(throws: GroupcommError.wrongShape) { try JoinRequest(decoding: payload.span) }
        }
    }

    @Test(.requirement("GM-0131", "GM-0144", "GM-0149"))
    func proofInputsHaveTheHeadsOfTheirByteStrings() {
        let input = ProofOfPossession.clientInput(
            scope: vector.scope.bytes.span, kdcChallenge: vector.kdc_challenge.bytes.span,
            clientNonce: vector.client_nonce.bytes.span)
        #expect(input == vector.client_proof_input.bytes)
        let answer = ProofOfPossession.managerInput(
            clientNonce: vector.client_nonce.bytes.span, kdcNonce: vector.kdc_nonce.bytes.span)
        #expect(answer == vector.manager_proof_input.bytes)
    }

    /// The proof covers the bytes that were sent, also if they are not the shortest.
    @Test(.requirement("GM-0149", "GM-0363"))
    func scopeIsKeptAsItWasEncoded() throws {
        let long: [UInt8] = [0x82, 0x62, 0x67, 0x37, 0x18, 0x06]
        var map = try fields(vector.join_request.bytes)
        map[3] = .bytes(long)
        let request = try JoinRequest(decoding: CBORValue.map(map).encoded().span)
        #expect(request.scope == long)
        #expect(request.scopeEntry == ScopeEntry(groupName: "g7", roles: [.requester, .responder]))
        #expect(try CBORValue(decoding: request.encoded().span).mapValue == map)
    }

    private func fields(_ payload: [UInt8]) throws -> CBORMap {
        try #require(try CBORValue(decoding: payload.span).mapValue)
    }
}
