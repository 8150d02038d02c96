import CBOR

/// FETCH of `/ace-group/GROUPNAME/kdc-cred` by a signature verifier, Content-Format 261
/// (draft-ietf-ace-key-groupcomm-oscore §9.5).
public struct ManagerCredentialRequest: Hashable, Sendable {
    /// N_C, at least 1 byte; 8 random bytes from our own nodes.
    public var clientNonce: [UInt8]

    public init(clientNonce: [UInt8]) {
        self.clientNonce = clientNonce
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` without a nonce; ``GroupcommError/wrongType(_:)`` for one of another
    ///   type; ``GroupcommError/invalid(_:)`` for an empty one.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0295
        clientNonce = try WireMap<GroupcommLabel>(decoding: payload).requiredNonce()
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<GroupcommLabel>()
        map[.cnonce] = .bytes(clientNonce)
        return map.encoded()
    }
}

/// The 2.05 to GET and FETCH of `/ace-group/GROUPNAME/kdc-cred`, Content-Format 261 (RFC 9594 §4.5.1).
public struct ManagerCredentialAnswer: Hashable, Sendable {
    /// The manager's authentication credential as it is.
    public var credential: [UInt8]
    /// N_KDC.
    public var nonce: [UInt8]
    /// The manager's proof of possession over N_C and N_KDC.
    public var evidence: [UInt8]

    public init(credential: [UInt8], nonce: [UInt8], evidence: [UInt8]) {
        self.credential = credential
        self.nonce = nonce
        self.evidence = evidence
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` for a parameter that has to be there;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0292
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        credential = try map.required(.kdcCred, \.byteString)
        nonce = try map.required(.kdcNonce, \.byteString)
        evidence = try map.required(.kdcCredVerify, \.byteString)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<GroupcommLabel>()
        map[.kdcCred] = .bytes(credential)
        map[.kdcNonce] = .bytes(nonce)
        map[.kdcCredVerify] = .bytes(evidence)
        return map.encoded()
    }
}

extension WireMap<GroupcommLabel> {
    // GM-0083: always there and not empty.
    func requiredNonce() throws(GroupcommError) -> [UInt8] {
        let nonce = try required(.cnonce, \.byteString)
        guard !nonce.isEmpty else { throw .invalid(GroupcommLabel.cnonce.rawValue) }
        return nonce
    }
}
