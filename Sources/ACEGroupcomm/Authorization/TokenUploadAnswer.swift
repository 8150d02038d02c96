import CBOR

/// The 2.01 to a ``TokenUpload``, Content-Format 19 (RFC 9203 §4.2, RFC 9594 §3.3,
/// draft-ietf-ace-key-groupcomm-oscore §5.3).
public struct TokenUploadAnswer: Hashable, Sendable {
    /// N2; 8 random bytes from our own manager.
    public var nonce2: [UInt8]
    /// `ace_server_recipientid`: the client's Sender ID.
    public var serverRecipientID: [UInt8]
    /// N_S, the manager's challenge; `nil` only if no role of the token needs a credential.
    public var kdcChallenge: [UInt8]?
    /// `sign_info` of the groups that use the group mode; `nil` if there is none, or it was not asked for.
    public var signInfo: [GroupParameters]?
    /// `ecdh_info` of the groups that use the pairwise mode; `nil` if there is none, or it was not asked for.
    public var ecdhInfo: [GroupParameters]?
    /// `kdc_dh_creds` of the groups that use the pairwise mode alone; `nil` if there is none, or it was not asked for.
    public var dhCredentials: [GroupDHCredential]?

    public init(
        nonce2: [UInt8], serverRecipientID: [UInt8], kdcChallenge: [UInt8]? = nil, signInfo: [GroupParameters]? = nil,
        ecdhInfo: [GroupParameters]? = nil, dhCredentials: [GroupDHCredential]? = nil
    ) {
        self.nonce2 = nonce2
        self.serverRecipientID = serverRecipientID
        self.kdcChallenge = kdcChallenge
        self.signInfo = signInfo
        self.ecdhInfo = ecdhInfo
        self.dhCredentials = dhCredentials
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` without N2 or a Recipient ID; ``GroupcommError/wrongType(_:)`` for a
    ///   parameter of another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0034, GM-0059
        let map = try WireMap<AuthorizationLabel>(decoding: payload)
        nonce2 = try map.required(.nonce2, \.byteString)
        serverRecipientID = try map.required(.aceServerRecipientID, \.byteString)
        kdcChallenge = try map.optional(.kdcChallenge, \.byteString)
        signInfo = try map.optional(.signInfo) { $0.arrayItems.flatMap { allOrNil($0, GroupParameters.init) } }
        ecdhInfo = try map.optional(.ecdhInfo) { $0.arrayItems.flatMap { allOrNil($0, GroupParameters.init) } }
        dhCredentials = try map.optional(.kdcDHCreds) { $0.arrayItems.flatMap { allOrNil($0, GroupDHCredential.init) } }
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<AuthorizationLabel>()
        map[.nonce2] = .bytes(nonce2)
        map[.aceServerRecipientID] = .bytes(serverRecipientID)
        map[.kdcChallenge] = kdcChallenge.map { .bytes($0) }
        map[.signInfo] = signInfo.map { .array($0.map(\.value)) }
        map[.ecdhInfo] = ecdhInfo.map { .array($0.map(\.value)) }
        map[.kdcDHCreds] = dhCredentials.map { .array($0.map(\.value)) }
        return map.encoded()
    }
}
