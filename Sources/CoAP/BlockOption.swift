import Bytes

/// The value of a Block1 or Block2 option: which block of a body, whether more follow, and how large blocks are
/// (RFC 7959 §2.2).
public struct BlockOption: Hashable, Sendable {
    /// NUM: the index of the block, 0 to 1048575, in blocks of ``size``.
    public let number: UInt32
    /// M: whether more blocks follow. Without meaning where a client asks for a block.
    public let isMore: Bool
    /// SZX: the size of the blocks.
    public let size: BlockSize

    /// The largest block number.
    public static let maximumNumber: UInt32 = (1 << 20) - 1

    /// Creates a value; a number above ``maximumNumber`` is cut to it.
    public init(number: UInt32, isMore: Bool, size: BlockSize) {
        self.number = min(number, Self.maximumNumber)
        self.isMore = isMore
        self.size = size
    }

    /// Reads a value; `nil` for more than 3 bytes and for the reserved SZX 7 (COAP-0161).
    public init?(_ value: [UInt8]) {
        guard value.count <= 3, let number = OptionUInt.decode(value.span) else { return nil }
        guard let size = BlockSize(rawValue: UInt8(truncatingIfNeeded: number & 7)) else { return nil }
        #if GOSC_PLANTED_TRAP
            PlantedTrap.blockOption.spring(if: value.count == 3 && value[0] == 0, number & 8 != 0, size == .bytes1024)
        #endif
        self.init(number: UInt32(truncatingIfNeeded: number >> 4), isMore: number & 8 != 0, size: size)
    }

    /// The value on the wire, 0 to 3 bytes.
    public var value: [UInt8] {
        // COAP-0160
        OptionUInt.encode(UInt64(number) << 4 | (isMore ? 8 : 0) | UInt64(size.rawValue))
    }

    /// Where the block begins in the body, in bytes.
    public var offset: Int { Int(number) * size.byteCount }
}

/// The size of blocks; the raw value is SZX.
public enum BlockSize: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    /// 16 bytes.
    case bytes16 = 0
    /// 32 bytes.
    case bytes32
    /// 64 bytes.
    case bytes64
    /// 128 bytes.
    case bytes128
    /// 256 bytes.
    case bytes256
    /// 512 bytes.
    case bytes512
    /// 1024 bytes.
    case bytes1024

    /// How many bytes a block has.
    public var byteCount: Int { 16 << Int(rawValue) }

    /// The largest size of at most `byteCount` bytes; `nil` below 16.
    public init?(atMost byteCount: Int) {
        guard let size = Self.allCases.last(where: { $0.byteCount <= byteCount }) else { return nil }
        self = size
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
