import CBOR
package import CryptoPrimitives

/// What certificates have in common that their holder issues for itself, without a clock and without random numbers.
package enum SelfIssuedCertificate {
    /// The first second, in Unix time: 1970-01-01T00:00:00Z. It never expires. Neither who makes it nor who reads it need
    /// know what time it is.
    package static let notBefore: UInt64 = 0

    /// The serial number, high byte first: 16 bytes, the first from 0x40 to 0x7f. So it is positive and needs no zero in
    /// front, in DER as in CBOR (RFC 5280 §4.1.2.2). Another key has another one.
    package static func serialNumber(of publicKey: PublicKey) -> [UInt8] {
        let key = COSEKey.value(of: publicKey).encoded()
        var number = Array(SHA256.hash(key.span).prefix(16))
        number[0] = number[0] & 0x7f | 0x40
        return number
    }
}
