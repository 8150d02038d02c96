public import CryptoPrimitives

extension KeyKind {
    /// The kind of keys on a curve, by its COSE number (RFC 9053 §7.1); `nil` for one that is not built.
    public init?(coseCurve number: Int) {
        guard let curve = COSECurve(rawValue: Int64(number)) else { return nil }
        self = curve.keyKind
    }

    /// The COSE number of the curve.
    public var coseCurve: Int { Int(COSECurve(self).rawValue) }

    /// The capabilities of keys of this kind: the number of the key type, then that of the curve (RFC 9053 §8.2).
    public var capabilities: [Int] { [Int(COSECurve(self).keyType.rawValue), coseCurve] }
}
