/// HKDF, extract and expand (RFC 5869).
public enum HKDF: Sendable {
    /// Derives and appends `count` bytes.
    ///
    /// - Parameters:
    ///   - hash: The hash function of the HMAC.
    ///   - salt: Not secret; empty means none.
    ///   - secret: The input keying material.
    ///   - info: What the output is for.
    ///   - count: 1 to 255 times the digest length.
    ///   - output: Must have room for `count` bytes; unchanged on failure.
    /// - Throws: ``CryptoError/invalidLength`` for another `count`, or too little room.
    @_lifetime(output: copy output)
    public static func derive(
        _ hash: HashKind, salt: Span<UInt8>, secret: Span<UInt8>, info: Span<UInt8>, count: Int,
        into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        var deriver = HKDFDeriver(hash)
        try deriver.derive(salt: salt, secret: secret, info: info, count: count, into: &output)
    }
}
