internal import Bytes
internal import CoAP

/// The request layer of a server: from a request that has passed its protection to the answer of a resource, by way of
/// conditions, block-wise transfer, observation and the rules for groups.
///
/// It sees inner messages only and works the same under any protection. It has no socket, clock or randomness: what to
/// do comes out as ordered ``ServerEffect`` values. Belongs to one thread at a time, and cannot
/// be copied: a copy that nobody sees would cost more than a request.
public struct RequestServer<Verified: RequestProperties>: ~Copyable {
    /// What is served. May be changed at any time; clients that observe learn of it with
    /// ``resourceChanged(_:at:random:effects:)``.
    public var resources: ResourceTree<Verified>
    /// What was chosen. Limits are read once, at the start.
    public var settings: RequestServerSettings
    /// What was counted since the start.
    public internal(set) var counters = RequestServerCounters()

    internal var timers = KeyedTimers<ServerTimer>()
    internal var uploads: UploadTable
    internal var snapshots: SnapshotTable
    internal var observations: ObservationTable<Verified>
    /// When the next non-confirmable notification may go to a client.
    internal var paces: [SocketAddress: MonotonicInstant] = [:]
    internal var calls: [CallID: PendingCall<Verified>] = [:]
    internal var callShares: Shares
    internal var lastCall: UInt64 = 0
    internal var leisurePeriods = LeisurePeriods()
    internal var discoveryRate = RateLimit()
    internal var reachability: ReachabilityProof
    /// Drawn with the first request.
    internal var secrets = ServerSecrets()

    /// Creates a server that has heard of nobody.
    public init(resources: ResourceTree<Verified>, settings: RequestServerSettings = RequestServerSettings()) {
        self.resources = resources
        self.settings = settings
        self.uploads = UploadTable(limits: settings.limits.uploads)
        self.snapshots = SnapshotTable(limits: settings.limits.snapshots)
        self.observations = ObservationTable(limits: settings.limits.observations)
        self.callShares = Shares(limits: settings.limits.calls)
        self.reachability = ReachabilityProof(capacity: settings.limits.reachableAddresses)
    }

    /// When ``handleTimers(at:random:effects:)`` wants to be called next; `nil` if nothing is due.
    public var nextDeadline: MonotonicInstant? { timers.next }

    /// How much is kept at the moment.
    public var load: RequestServerLoad {
        RequestServerLoad(
            uploads: uploads.count, uploadBytes: uploads.bytes, snapshots: snapshots.count,
            snapshotBytes: snapshots.bytes, observations: observations.count, calls: calls.count,
            reachableAddresses: reachability.count)
    }

    /// Does what is due: forgets what is too old, and sends notifications that had to wait.
    ///
    /// To be called at ``nextDeadline`` or later; calling it early does nothing.
    public mutating func handleTimers(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [ServerEffect<Verified>]
    ) {
        while let timer = timers.popDue(now) {
            switch timer {
            case .upload(let key):
                if let upload = uploads[key], case .collecting = upload.phase { counters.expiredUploads += 1 }
                uploads.remove(key)
            case .snapshot(let key): snapshots.remove(key)
            case .call(let id): expire(id, at: now, random: &random, effects: &effects)
            case .notification(let id):
                guard observations[id]?.isDirty == true else { continue }
                stateChanged(id, at: now, random: &random, effects: &effects)
            case .confirmation(let id): confirm(id, at: now, random: &random, effects: &effects)
            }
        }
    }
}

@available(*, unavailable)
extension RequestServer: Sendable {}

/// What the server waits for.
internal enum ServerTimer: Hashable, Sendable {
    /// The end of an upload that does not go on.
    case upload(OperationKey)
    /// The end of a kept representation.
    case snapshot(OperationKey)
    /// The end of patience with a deferred handler.
    case call(CallID)
    /// The next notification that is not too early.
    case notification(ObservationID)
    /// The next notification that must be acknowledged.
    case confirmation(ObservationID)
}

/// What the server alone knows.
internal struct ServerSecrets: Sendable {
    private var tags: SipHash?

    mutating func draw(random: inout some RandomNumberGenerator) {
        if tags == nil { tags = SipHash(random: &random) }
    }

    /// A short name of bytes. Nobody without the key finds two with the same.
    func digest(_ bytes: [UInt8]) -> UInt64 { tags?.hash(bytes) ?? 0 }

    /// An ETag for a representation that has none: another for each, and another at each server.
    func eTag(_ representation: Message) -> [UInt8] {
        // COAP-0165, COAP-0209
        let format = representation.options.contentFormat.map { UInt64($0.rawValue) + 1 } ?? 0
        let tag = digest(
            [UInt8(format >> 16 & 0xff), UInt8(format >> 8 & 0xff), UInt8(format & 0xff)] + representation.payload)
        return (0..<8).map { UInt8(truncatingIfNeeded: tag >> (8 * $0)) }
    }
}
