public import CoAP

/// How blocks are dealt with that proxies make of protected messages: outer block-wise transfer (RFC 8613 §4.1.3.4.2).
public struct OuterBlockSettings: Hashable, Sendable {
    /// How long a protected message may be, sent and received.
    public var maximumUnfragmentedSize = MaximumUnfragmentedSize.standard
    /// The largest outer blocks that are asked for and sent.
    public var blockSize = BlockSize.bytes1024
    /// Requests of which blocks are missing. A peer is here an address of IPv4 or a /64 of IPv6.
    public var requests = ShareLimits(entries: 64, entriesPerPeer: 32, bytes: 1 << 18, bytesPerPeer: 1 << 17)
    /// Answers of which blocks have not been asked for.
    public var answers = ShareLimits(entries: 64, entriesPerPeer: 32, bytes: 1 << 18, bytesPerPeer: 1 << 17)
    /// Responses to requests of ours that are being put together.
    public var responses = 64

    /// The settings above.
    public init() {}
}

/// What happened with outer blocks. Only ever grows.
public struct OuterBlockCounters: Hashable, Sendable {
    /// Requests put together.
    public internal(set) var requestsCompleted: UInt64 = 0
    /// Responses put together.
    public internal(set) var responsesCompleted: UInt64 = 0
    /// Answers cut because the client, or a proxy of it, asked for blocks.
    public internal(set) var answersCut: UInt64 = 0
    /// Messages discarded because they would be longer than MAX_UNFRAGMENTED_SIZE.
    public internal(set) var tooLong: UInt64 = 0
    /// Blocks that fit nowhere: others are missing, or are gone.
    public internal(set) var incomplete: UInt64 = 0
    /// Blocks that are none: of a size that does not exist, or with a payload of another size.
    public internal(set) var malformed: UInt64 = 0
    /// Blocks of requests to groups, which are not put together.
    public internal(set) var fromGroup: UInt64 = 0
    /// Messages that went before their time to make room.
    public internal(set) var evictions: UInt64 = 0
    /// Answers that were forgotten because they had been asked for three times over.
    public internal(set) var exhausted: UInt64 = 0
    /// Messages whose next block did not come, or was not asked for, in time.
    public internal(set) var expired: UInt64 = 0

    /// All zero.
    public init() {}
}
