/// Labels of the CBOR Web Token Claims registry that credentials use (RFC 8392, RFC 8747).
internal enum CWTClaim {
    internal static let subject: Int64 = 2
    internal static let confirmation: Int64 = 8
    /// Tags that senders put before a claims set: that of a CWT (RFC 8392 §6), that of a bare claims set (RFC 9781).
    internal static let tags: Set<UInt64> = [61, 601]
    /// Member of the confirmation claim: a COSE_Key.
    internal static let coseKey: Int64 = 1
}
