import Bytes
import CBOR

/// An AlgorithmIdentifier of a C509 certificate: a number of the draft's registries, or an OID.
internal enum C509Algorithm {
    case number(Int64)
    /// Any algorithm without a number; none of them is used here.
    case objectIdentifier

    @_lifetime(reader: copy reader)
    internal init(_ reader: inout CBORReader) throws(CBORError) {
        switch reader.nextMajorType {
        case .unsigned, .negative: self = .number(try reader.readInteger())
        case .bytes:
            _ = try reader.readBytes()
            self = .objectIdentifier
        case .array:
            // The OID, and its parameters in DER.
            guard try reader.readArrayHeader() == 2 else { throw .wrongType }
            _ = try reader.readBytes()
            _ = try reader.readBytes()
            self = .objectIdentifier
        default: throw .wrongType
        }
    }
}
