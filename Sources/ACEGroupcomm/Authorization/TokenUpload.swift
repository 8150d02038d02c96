import CBOR

/// POST to `/authz-info`, Content-Format 19: the token, and what client and manager need to derive their Security Context
/// (RFC 9203 §4.1, RFC 9594 §3.3).
public struct TokenUpload: Hashable, Sendable {
    /// `access_token`.
    public var token: [UInt8]
    /// N1; 8 random bytes from our own nodes. `nil` only where a Security Context protects the upload.
    public var nonce1: [UInt8]?
    /// `ace_client_recipientid`: the manager's Sender ID. `nil` only where a Security Context protects the upload.
    public var clientRecipientID: [UInt8]?
    /// Whether `sign_info` is asked for.
    public var asksForSignInfo: Bool
    /// Whether `ecdh_info` is asked for.
    public var asksForECDHInfo: Bool
    /// Whether `kdc_dh_creds` is asked for.
    public var asksForDHCredentials: Bool

    public init(
        token: [UInt8], nonce1: [UInt8]? = nil, clientRecipientID: [UInt8]? = nil, asksForSignInfo: Bool = false,
        asksForECDHInfo: Bool = false, asksForDHCredentials: Bool = false
    ) {
        self.token = token
        self.nonce1 = nonce1
        self.clientRecipientID = clientRecipientID
        self.asksForSignInfo = asksForSignInfo
        self.asksForECDHInfo = asksForECDHInfo
        self.asksForDHCredentials = asksForDHCredentials
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` without a token; ``GroupcommError/wrongType(_:)`` for a parameter of
    ///   another type, and for anything but `null` where that asks.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0032, GM-0033
        let map = try WireMap<AuthorizationLabel>(decoding: payload)
        token = try map.required(.accessToken, \.byteString)
        nonce1 = try map.optional(.nonce1, \.byteString)
        clientRecipientID = try map.optional(.aceClientRecipientID, \.byteString)
        asksForSignInfo = try map.isAsked(.signInfo)
        asksForECDHInfo = try map.isAsked(.ecdhInfo)
        asksForDHCredentials = try map.isAsked(.kdcDHCreds)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<AuthorizationLabel>()
        map[.accessToken] = .bytes(token)
        map[.nonce1] = nonce1.map { .bytes($0) }
        map[.aceClientRecipientID] = clientRecipientID.map { .bytes($0) }
        map.ask(.signInfo, asksForSignInfo)
        map.ask(.ecdhInfo, asksForECDHInfo)
        map.ask(.kdcDHCreds, asksForDHCredentials)
        return map.encoded()
    }
}
