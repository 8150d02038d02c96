public import Bytes
public import CoAP

/// What is chosen for the request layer of a server.
public struct RequestServerSettings: Sendable {
    /// The timing that the message layer has, too.
    public var transmission = TransmissionParameters.standard
    /// How much is kept for peers.
    public var limits = RequestServerLimits()
    /// The largest blocks that are sent and asked for.
    public var blockSize = BlockSize.bytes1024
    /// Critical options that handlers deal with themselves, beside those that the server knows.
    public var understoodByHandlers: Set<OptionNumber> = []
    /// How notifications are sent.
    public var observing = ObservingSettings()
    /// How the resources are made known.
    public var discovery = DiscoverySettings()
    /// Over how long answers to a group are spread.
    public var leisure = Leisure(window: Leisure.Unknown.unprotected.window)
    /// The same for single groups, by address.
    public var leisureOfGroup: [IPv6Address: Leisure] = [:]
    /// How many Leisure periods of one group may wait one behind the other; what would come later is not answered. One
    /// source gets at most half of them.
    public var maximumLeisurePeriods = 8
    /// The payload, in bytes, from which an answer to a group counts as large (RFC 10020 §3.6).
    public var largeGroupAnswer = 64
    /// What an address gets that may be forged.
    public var unprovenAddresses = UnprovenAddressPolicy.challenge
    /// Which verified clients must show that they are where their requests come from.
    public var verifiedAddresses = VerifiedAddressPolicy.challengeGroups
    /// How long a client may take to send an Echo value back.
    public var echoLifetime = Duration.seconds(60)
    /// How long an address counts as reachable once it has sent an Echo value back.
    public var reachableFor = Duration.seconds(300)
    /// Makes Echo values that nobody else can make; `nil` for SipHash-2-4 under a key that the server draws.
    public var echoAuthenticator: (any EchoAuthenticator)?

    /// The settings above.
    public init() {}
}

/// What to do for a client that nobody has verified, if its address may be forged and the answer is large: longer than
/// 136 bytes and than three times the request (RFC 9175 §2.4).
public enum UnprovenAddressPolicy: Hashable, Sendable {
    /// Answer 4.01 with Echo where the request can be repeated, and small blocks where it has acted already.
    case challenge
    /// Answer in blocks that are small enough; 4.01 with Echo only if none is.
    case smallBlocks
    /// Answer in full. Only for networks where addresses cannot be forged.
    case trust
}

/// What to do for a client that has been verified, if its address may be forged all the same: whoever has caught a
/// request on its way can send it again under another address (RFC 10020 §6.3.1).
///
/// The first answer to such a client is a protected 4.01 with Echo, if the answer would be longer than three times the
/// request. Whoever has sent the value back counts as reachable at that address, for that peer.
///
/// Whoever observes from an address that has not been shown gets as first notification a confirmable one, not sent again
/// and within the limits for addresses that may be forged. Its acknowledgement is the proof; without one the observation
/// ends. Only ``trust`` leaves that out.
public enum VerifiedAddressPolicy: Hashable, Sendable {
    /// Answer all in full.
    case trust
    /// Challenge those that ask a group.
    case challengeGroups
    /// Challenge all.
    case challengeAll
}

/// How a server sends notifications (RFC 7641 §4.5).
public struct ObservingSettings: Hashable, Sendable {
    /// Of so many notifications at least one is confirmable, 1 or more; so many can go to somebody who is not there.
    public var confirmableEvery = 8
    /// A confirmable notification is sent at least so often, changed or not; not over 24 h (COAP-0143).
    public var confirmableInterval = Duration.seconds(24 * 3600)
    /// Between two non-confirmable notifications to one client (COAP-0145).
    public var pace = Duration.seconds(3)

    /// The settings above.
    public init() {}
}

/// Bounds of one kind of things that are kept for peers.
public struct ShareLimits: Hashable, Sendable {
    /// How many there are at most.
    public var entries: Int
    /// How many of them may belong to one peer.
    public var entriesPerPeer: Int
    /// How many bytes they have together.
    public var bytes: Int
    /// How many of these bytes may belong to one peer.
    public var bytesPerPeer: Int

    /// Creates bounds.
    public init(entries: Int, entriesPerPeer: Int, bytes: Int, bytesPerPeer: Int) {
        self.entries = entries
        self.entriesPerPeer = entriesPerPeer
        self.bytes = bytes
        self.bytesPerPeer = bytesPerPeer
    }
}

/// How much a server keeps. Each limit bounds what strangers can make us remember.
public struct RequestServerLimits: Hashable, Sendable {
    /// Options in a request (COAP-0270).
    public var options = 64
    /// Bytes of all option values together. What is kept of an operation is kept under its options, also under those that
    /// nobody knows.
    public var optionBytes = 4_096
    /// Segments of a path.
    public var pathSegments = 16
    /// Query arguments.
    public var queryArguments = 32
    /// Bytes of path and query together.
    public var uriLength = 1_024
    /// Bodies of requests of which blocks are missing, and the answers to the last of their blocks.
    public var uploads = ShareLimits(entries: 256, entriesPerPeer: 8, bytes: 1 << 20, bytesPerPeer: 1 << 17)
    /// Representations of which clients have not had all blocks.
    public var snapshots = ShareLimits(entries: 256, entriesPerPeer: 8, bytes: 1 << 20, bytesPerPeer: 1 << 18)
    /// Observations, with the bytes of the requests that began them.
    public var observations = ShareLimits(entries: 1_024, entriesPerPeer: 32, bytes: 1 << 20, bytesPerPeer: 1 << 16)
    /// Deferred handlers that run, with the bytes of their requests.
    public var calls = ShareLimits(entries: 256, entriesPerPeer: 16, bytes: 1 << 22, bytesPerPeer: 1 << 18)
    /// Addresses known to be reachable.
    public var reachableAddresses = 1_024
    /// After how long 5.03 and 4.29 ask a client to try again, in seconds.
    public var retryAfter: UInt32 = 5

    /// The limits above.
    public init() {}
}
