/// Labels of the CBOR Web Token Claims registry that credentials use (RFC 8392, RFC 8747).
internal enum CWTClaim {
    internal static let issuer: Int64 = 1
    internal static let subject: Int64 = 2
    internal static let expirationTime: Int64 = 4
    internal static let notBefore: Int64 = 5
    internal static let confirmation: Int64 = 8
    /// The tag of a CWT (RFC 8392 §6).
    internal static let tag: UInt64 = 61
    /// Tags that senders put before a claims set: that of a CWT, that of a bare claims set (RFC 9781).
    internal static let tags: Set<UInt64> = [tag, 601]
    /// Member of the confirmation claim: a COSE_Key.
    internal static let coseKey: Int64 = 1
}

/// The tags of COSE messages (RFC 9052 §2).
internal enum COSETag {
    /// COSE_Mac0, COSE_Sign1, COSE_Mac, COSE_Sign: the payload can be read.
    internal static let readable: Set<UInt64> = [17, 18, 97, 98]
    /// COSE_Encrypt0 and COSE_Encrypt.
    internal static let encrypted: Set<UInt64> = [16, 96]
}
