import CBOR

/// POST to `/ace-group/GROUPNAME/nodes/NODENAME/cred`, Content-Format 261: a member's new credential (RFC 9594 §4.9.1).
public struct CredentialUpdate: Hashable, Sendable {
    /// The new authentication credential as it is.
    public var credential: [UInt8]
    /// N_C, at least 1 byte; 8 random bytes from our own nodes.
    public var clientNonce: [UInt8]
    /// The proof of possession over the scope of the last join, N_S and N_C.
    public var evidence: [UInt8]

    public init(credential: [UInt8], clientNonce: [UInt8], evidence: [UInt8]) {
        self.credential = credential
        self.clientNonce = clientNonce
        self.evidence = evidence
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` for a parameter that has to be there;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type; ``GroupcommError/invalid(_:)`` for an empty one.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        credential = try map.required(.clientCred, \.byteString)
        guard !credential.isEmpty else { throw .invalid(GroupcommLabel.clientCred.rawValue) }
        clientNonce = try map.requiredNonce()
        evidence = try map.required(.clientCredVerify, \.byteString)
        guard !evidence.isEmpty else { throw .invalid(GroupcommLabel.clientCredVerify.rawValue) }
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<GroupcommLabel>()
        map[.clientCred] = .bytes(credential)
        map[.cnonce] = .bytes(clientNonce)
        map[.clientCredVerify] = .bytes(evidence)
        return map.encoded()
    }
}
