internal import CoAP

/// MAX_UNFRAGMENTED_SIZE: how long a protected message may be in one piece, options and payload (RFC 8613 §4.1.3.4.2).
///
/// Nobody vouches for the blocks that a proxy makes of a protected message before the last of them is there, so that
/// whoever injects blocks could have them kept without end. What gets longer than this is therefore discarded; and what we
/// send is cut before it is protected, so that no message of ours gets longer. Peers of one application should agree on it.
public struct MaximumUnfragmentedSize: Hashable, Sendable {
    /// Bytes, ``permitted``.
    public let byteCount: Int

    /// From the smallest inner block with its options under the longest protection, to what fits in a datagram.
    public static let permitted = BlockSize.bytes16.byteCount + allowance...65_000

    /// 4,096 bytes: two datagrams would carry most such messages, and 1,024 bytes of content always fit.
    public static let standard = Self(unchecked: 4_096)

    /// For options, codes and markers, the tag, and the longest countersignature.
    private static let allowance = 256

    // OSC-0029: there is no endpoint without a limit.
    /// Takes a number of bytes; `nil` if it is not ``permitted``.
    public init?(byteCount: Int) {
        guard Self.permitted.contains(byteCount) else { return nil }
        self.init(unchecked: byteCount)
    }

    private init(unchecked byteCount: Int) {
        self.byteCount = byteCount
    }

    // OSC-0030
    /// The largest inner blocks with which messages stay below it.
    internal var innerBlock: BlockSize { BlockSize(atMost: byteCount - Self.allowance) ?? .bytes16 }
}
