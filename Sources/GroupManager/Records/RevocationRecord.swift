/// A token that is not accepted any more, though its time is not over.
public struct RevocationRecord: Hashable, Sendable {
    /// `cti`, or else the SHA-256 of the ciphertext of the token.
    public var tokenID: [UInt8]
    /// When, in seconds since 1970.
    public var revokedAt: UInt64

    public init(tokenID: [UInt8], revokedAt: UInt64) {
        self.tokenID = tokenID
        self.revokedAt = revokedAt
    }
}
