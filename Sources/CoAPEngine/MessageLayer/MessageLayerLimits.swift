/// How much a message layer keeps. Each limit bounds what strangers can make us remember.
public struct MessageLayerLimits: Hashable, Sendable {
    /// Exchanges that we started, open at the same time.
    public var exchanges = 1_024
    /// Requests of ours that wait for their turn because NSTART or PROBING_RATE holds them back.
    public var queuedRequests = 256
    /// Endpoints and groups that requests are under way to, or that owe us an answer (RFC 7252 §4.7).
    public var destinations = 4_096
    /// Requests of peers waiting for their answer. Beyond it requests are dropped, and a confirmable one comes again.
    public var pendingRequests = 1_024
    /// Notifications held back or waiting for their acknowledgement.
    public var notifications = 1_024
    /// Notifications remembered so that a reset is known to mean them.
    public var rememberedNotifications = 1_024
    /// Tokens of ended observations whose notifications are rejected.
    public var rejectedTokens = 256
    /// Peers whose Message IDs are counted apart. All others share 16384 within EXCHANGE_LIFETIME.
    public var numberedPeers = 4_096
    /// How often each address is answered (COAP-0261). `nil`, the default: as often as it asks.
    public var answerRate: AnswerRate?
    /// Messages remembered so that duplicates are known, about 200 bytes each, which are taken as messages come.
    ///
    /// One half is for POST and PATCH without OSCORE, which must not act twice: what there is no room for is dropped. One
    /// source, that is an address of IPv4 or a /64 of IPv6, gets at most half of that half, within EXCHANGE_LIFETIME: 66
    /// requests a second by default. From the other half the oldest are forgotten.
    public var rememberedMessages = 65_536
    /// Bytes of answers remembered for duplicates.
    public var rememberedAnswerBytes = 1 << 20
    /// Tokens of finished group requests that are kept apart.
    public var restingTokens = 65_536
    /// The longest that a member of a group takes to answer; `nil` if unknown (COAP-0095).
    public var maximumServerResponseDelay: Duration?

    /// The limits above.
    public init() {}
}

/// What happened, by reason. Only ever grows.
public struct MessageLayerCounters: Hashable, Sendable {
    /// Datagrams taken in.
    public internal(set) var received: UInt64 = 0
    /// Datagrams that are no CoAP message, or have a code of a reserved class.
    public internal(set) var malformed: UInt64 = 0
    /// Messages to a group that only a single endpoint may get: confirmable ones, responses, resets.
    public internal(set) var refusedFromGroup: UInt64 = 0
    /// Messages seen before.
    public internal(set) var duplicates: UInt64 = 0
    /// Duplicates that were answered with what was answered before.
    public internal(set) var duplicatesAnswered: UInt64 = 0
    /// Requests dropped because too many wait for their answer.
    public internal(set) var overload: UInt64 = 0
    /// Requests dropped because they might act twice: no more can be remembered, or no more of that source.
    public internal(set) var unrememberable: UInt64 = 0
    /// Empty confirmable messages, answered with a reset.
    public internal(set) var pings: UInt64 = 0
    /// Resets sent, pings included.
    public internal(set) var resetsSent: UInt64 = 0
    /// Resets that ended something of ours.
    public internal(set) var resetsReceived: UInt64 = 0
    /// Acknowledgements and resets that belong to nothing that waits for one.
    public internal(set) var unmatched: UInt64 = 0
    /// Responses whose token or endpoint belongs to no exchange.
    public internal(set) var unmatchedResponses: UInt64 = 0
    /// Responses to a group request that has been finished.
    public internal(set) var lateGroupResponses: UInt64 = 0
    /// Messages sent again for lack of an acknowledgement.
    public internal(set) var retransmissions: UInt64 = 0
    /// Messages given up after the last retransmission, and exchanges whose time was over.
    public internal(set) var timeouts: UInt64 = 0
    /// Answers, acknowledgements and resets not sent because that address has been answered too often lately.
    public internal(set) var rateLimited: UInt64 = 0
    /// Requests that had to wait for their turn.
    public internal(set) var queued: UInt64 = 0
    /// Responses rejected because of a critical option that is not understood or not well-formed.
    public internal(set) var unusableResponses: UInt64 = 0
    /// Notifications rejected because their observation is over.
    public internal(set) var rejectedNotifications: UInt64 = 0
    /// Requests that the network refused to take.
    public internal(set) var notSent: UInt64 = 0
    /// Answers and notifications not sent: no Message ID is free, they are too large, or too many are under way.
    public internal(set) var unsentAnswers: UInt64 = 0
    /// Answers that came after their request had been forgotten or answered.
    public internal(set) var answersTooLate: UInt64 = 0

    /// All zero.
    public init() {}
}
