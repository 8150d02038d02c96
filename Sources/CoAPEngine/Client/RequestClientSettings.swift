public import CoAP

/// What a ``RequestClient`` permits itself and its peers.
public struct RequestClientSettings: Hashable, Sendable {
    /// Operations under way at the same time.
    public var operations = 256
    /// Responders of one group operation of which something is remembered.
    public var respondersPerGroup = 1_024
    /// Responses of one responder to one group request that is no observation.
    public var responsesPerResponder = 16
    /// Bytes of bodies that are being put together, in all operations.
    public var assembledBytes = 8 << 20
    /// The largest blocks that are sent to, and asked of, a peer behind a protection. An ``Endpoint`` lowers it so that
    /// protected messages stay below ``MaximumUnfragmentedSize``.
    public var protectedBlockSize = BlockSize.bytes1024
    /// When an operation is given up that says nothing else.
    public var deadline: Duration = .seconds(600)
    /// How long a cancelled observation is kept open for those that have missed the cancellation.
    public var cancellationWait: Duration = .seconds(250)
    /// Leisure of groups that do not say theirs; decides when a request is repeated.
    public var leisure: Duration = Leisure.Unknown.groupMode.window
    /// Round trip in groups that do not say theirs.
    public var roundTrip: Duration = .seconds(2)
    /// Echo values kept for the next request to their peer.
    public var echoValues = 256
    /// Kinds of requests that servers asked to be spared for a while.
    public var backOffs = 256
    /// The longest that a server may ask to be spared.
    public var maximumBackOff: Duration = .seconds(86_400)
    /// Resources of which it is remembered that an upload without Request-Tag is under way or was left unfinished.
    public var untaggedUploads = 1_024
    /// Whether group requests may carry ETags (RFC 10020 §3.2.2.1; RFC 7252 §8.2.1 forbids it).
    public var permitsETagsToGroups = false
    /// Responses kept for later requests; `nil` for none.
    public var cache: ResponseCacheSettings?
    /// Critical options that responses may carry.
    public var understoodInResponses: Set<OptionNumber> = [.block1, .block2]

    /// The values above.
    public init() {}
}

/// How many responses are kept for later requests, and which.
public struct ResponseCacheSettings: Hashable, Sendable {
    /// Responses.
    public var entries = 256
    /// Bytes of options and bodies, requests that are part of a key included.
    public var bytes = 1 << 20
    /// Whether errors are kept as long as their Max-Age says.
    public var keepsErrors = false

    /// The values above.
    public init() {}
}

/// What happened, by reason. Only ever grows.
public struct RequestClientCounters: Hashable, Sendable {
    /// Responses on exchanges that are over.
    public internal(set) var unexpectedResponses: UInt64 = 0
    /// Responses with a critical option that is not understood, or with the code of a request.
    public internal(set) var unusableResponses: UInt64 = 0
    /// Notifications older than one that came before.
    public internal(set) var staleNotifications: UInt64 = 0
    /// Responses dropped because of a limit on responders or on responses of one.
    public internal(set) var droppedResponses: UInt64 = 0
    /// Requests sent again because they were answered with an Echo value.
    public internal(set) var challengesAnswered: UInt64 = 0
    /// Requests answered out of the cache.
    public internal(set) var servedFromCache: UInt64 = 0
    /// Stored responses that a server has confirmed.
    public internal(set) var validated: UInt64 = 0

    /// All zero.
    public init() {}
}

/// How much a ``RequestClient`` keeps at the moment.
public struct RequestClientLoad: Hashable, Sendable {
    /// Operations under way.
    public let operations: Int
    /// Cancelled observations that are still open.
    public let closingObservations: Int
    /// Open exchanges.
    public let exchanges: Int
    /// Bytes of bodies being put together.
    public let assembledBytes: Int
    /// Responses in the cache.
    public let cachedResponses: Int
    /// Bytes of the cache.
    public let cachedBytes: Int
    /// Timers set.
    public let timers: Int
}
