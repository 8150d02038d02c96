public import Bytes

/// Writes CBOR into any sink without allocating. Heads always have their shortest form (RFC 8949 §4.2.1).
///
/// Arrays and maps are written as a head followed by their items; that the items agree with the head is up to the caller.
public enum CBOREncoding: Sendable {
    /// How many bytes the head of an item with this argument takes: 1, 2, 3, 5 or 9.
    ///
    /// - Parameter argument: A number, a byte count, an item count or a tag.
    @inlinable
    public static func headLength(_ argument: UInt64) -> Int {
        switch argument {
        case 0..<24: 1
        case 24...0xff: 2
        case 0x100...0xffff: 3
        case 0x1_0000...0xffff_ffff: 5
        default: 9
        }
    }

    /// How many bytes a byte or text string takes, head included.
    ///
    /// - Parameter count: The length of the content in bytes, 0 or more.
    @inlinable
    public static func stringLength(_ count: Int) -> Int {
        headLength(UInt64(count)) + count
    }

    /// How many bytes an integer takes.
    @inlinable
    public static func integerLength(_ integer: Int64) -> Int {
        headLength(UInt64(integer < 0 ? ~integer : integer))
    }

    // CSIG-0006
    /// Writes a head alone.
    @inlinable
    public static func write(
        _ major: MajorType, _ argument: UInt64, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        let type = major.rawValue << 5
        let count: Int
        switch argument {
        case 0..<24:
            sink.append(type | UInt8(argument))
            return
        case 24...0xff:
            sink.append(type | 24)
            count = 1
        case 0x100...0xffff:
            sink.append(type | 25)
            count = 2
        case 0x1_0000...0xffff_ffff:
            sink.append(type | 26)
            count = 4
        default:
            sink.append(type | 27)
            count = 8
        }
        for index in 0..<count {
            sink.append(UInt8(truncatingIfNeeded: argument >> UInt64(8 * (count - 1 - index))))
        }
    }

    /// Writes an unsigned integer.
    @inlinable
    public static func write(unsigned: UInt64, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        write(.unsigned, unsigned, into: &sink)
    }

    /// Writes an integer.
    @inlinable
    public static func write(integer: Int64, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        if integer < 0 {
            write(.negative, UInt64(~integer), into: &sink)
        } else {
            write(.unsigned, UInt64(integer), into: &sink)
        }
    }

    /// Writes a byte string.
    @inlinable
    public static func write(bytes: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        write(.bytes, UInt64(bytes.count), into: &sink)
        sink.append(copying: bytes)
    }

    /// Writes a text string. A literal costs no allocation.
    @inlinable
    public static func write(text: String, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        write(.text, UInt64(text.utf8.count), into: &sink)
        for byte in text.utf8 {
            sink.append(byte)
        }
    }

    /// Writes a text string that stands in the source: one copy.
    @inlinable
    public static func write(literal text: StaticString, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        write(.text, UInt64(text.utf8CodeUnitCount), into: &sink)
        let bytes = unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount)
        sink.append(copying: bytes)
    }

    /// Writes `true` or `false`.
    @inlinable
    public static func write(bool: Bool, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        sink.append(bool ? 0xf5 : 0xf4)
    }

    /// Writes `null`.
    @inlinable
    public static func writeNull(into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        sink.append(0xf6)
    }

    /// Writes the head of an array; `count` items follow.
    ///
    /// - Parameter count: 0 or more.
    @inlinable
    public static func write(arrayOf count: Int, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        write(.array, UInt64(count), into: &sink)
    }

    /// Writes the head of a map; `count` pairs of key and value follow.
    ///
    /// - Parameter count: 0 or more.
    @inlinable
    public static func write(mapOf count: Int, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        write(.map, UInt64(count), into: &sink)
    }

    /// Writes a tag; the tagged item follows.
    @inlinable
    public static func write(tag: UInt64, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        write(.tag, tag, into: &sink)
    }
}
