import Bytes
import CBOR

/// The extensions of a C509 certificate: pairs of identifier and value, or the value of keyUsage alone.
internal enum C509Extensions {
    /// Reads all; answers whether basicConstraints say that the subject certifies others.
    @_lifetime(reader: copy reader)
    internal static func sayAuthority(_ reader: inout CBORReader) throws(CBORError) -> Bool {
        if reader.nextMajorType == .unsigned || reader.nextMajorType == .negative {
            _ = try reader.readInteger()
            return false
        }
        let count = try reader.readArrayHeader()
        guard count.isMultiple(of: 2) else { throw .wrongType }
        var isAuthority = false
        var seen: Set<UInt64> = []
        for _ in 0..<count / 2 {
            guard reader.nextMajorType != .bytes else {
                // An OID, and the value in DER. What has a number must have it.
                guard [UInt8](copying: try reader.readBytes()) != basicConstraintsIdentifier else { throw .wrongType }
                try reader.skipItem()
                continue
            }
            // The sign says whether the extension is critical.
            let identifier = try reader.readInteger().magnitude
            // RFC 5280 §4.2: each at most once.
            guard seen.insert(identifier).inserted else { throw .wrongType }
            if identifier == basicConstraints {
                isAuthority = try reader.readInteger() != notAnAuthority
            } else {
                try reader.skipItem()
            }
        }
        return isAuthority
    }

    /// The extensions of who certifies nobody else.
    internal static let endEntity: CBORValue = [CBORValue(Int64(basicConstraints)), CBORValue(notAnAuthority)]

    private static let basicConstraints: UInt64 = 4
    /// 2.5.29.19
    private static let basicConstraintsIdentifier: [UInt8] = [0x55, 0x1d, 0x13]
    /// cA is false; −1 is an authority without, a length one with a limit.
    private static let notAnAuthority: Int64 = -2
}
