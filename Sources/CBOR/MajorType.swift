/// The kind of a data item: the three high bits of its first byte (RFC 8949 §3.1).
public enum MajorType: UInt8, Hashable, Sendable {
    case unsigned = 0
    case negative
    case bytes
    case text
    case array
    case map
    case tag
    case simple
}
