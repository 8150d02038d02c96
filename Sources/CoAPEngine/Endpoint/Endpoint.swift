public import CoAP

/// A whole CoAP endpoint without sockets and clock: message layer, protection, resources and operations of a client.
///
/// Resources without protection and those behind it are two trees, so that neither can be reached by way of the other.
/// Belongs to one thread at a time. Not copyable: a copy that nobody sees would cost more than a request.
public struct Endpoint<Protection: EndpointProtection>: ~Copyable {
    /// What protects messages.
    public var protection: Protection
    /// Datagrams.
    public internal(set) var layer: MessageLayer
    /// Resources that need no protection.
    public internal(set) var openServer: RequestServer<UnprotectedRequest>
    /// Resources behind the protection.
    public internal(set) var protectedServer: RequestServer<Protection.Verified>
    /// Operations of the application.
    public internal(set) var client: RequestClient
    /// What whoever asks without protection for a resource behind it is told: 4.01, and perhaps where to get keys.
    public var unauthorized = Message(code: .unauthorized)
    /// What happened between the layers.
    public internal(set) var counters = EndpointCounters()

    var received = SlabValues<ReceivedBinding>()
    var exchanges = SlabValues<ExchangeBinding>()
    var observations: [ObservationKey: Observation] = [:]
    var notifications: [NotificationID: ObservationKey] = [:]
    var pings: Set<ExchangeID> = []
    var outer: OuterBlocks
    /// What waits for ``takeAsked()``.
    var asked: [AskedRequest<Protection.Verified>] = []

    // Kept between inputs so that they need not grow again.
    var layerEffects: [MessageLayerEffect] = []
    var clientEffects: [ClientEffect] = []

    /// Puts an endpoint together.
    ///
    /// - Parameter outerBlocks: Also bounds the blocks of `protectedServer` and of protected requests: see
    ///   ``MaximumUnfragmentedSize``.
    public init(
        protection: Protection, layer: MessageLayer = MessageLayer(),
        openServer: consuming RequestServer<UnprotectedRequest> = RequestServer(resources: ResourceTree()),
        protectedServer: consuming RequestServer<Protection.Verified> = RequestServer(resources: ResourceTree()),
        client: consuming RequestClient = RequestClient(), outerBlocks: OuterBlockSettings = OuterBlockSettings()
    ) {
        self.protection = protection
        self.layer = layer
        self.openServer = openServer
        self.protectedServer = protectedServer
        self.client = client
        outer = OuterBlocks(settings: outerBlocks)
        // OSC-0030
        let largest = outerBlocks.maximumUnfragmentedSize.innerBlock
        self.protectedServer.settings.blockSize = min(self.protectedServer.settings.blockSize, largest)
        self.client.settings.protectedBlockSize = min(self.client.settings.protectedBlockSize, largest)
    }

    /// When ``handleTimers(at:random:effects:)`` is to be called next.
    public var nextDeadline: MonotonicInstant? {
        // The stored timers, because asking a whole server first copies it.
        let next = earlier(earlier(layer.timers.next, outer.timers.next), openServer.timers.next)
        return earlier(earlier(next, protectedServer.timers.next), client.timers.next)
    }
}

private func earlier(_ one: MonotonicInstant?, _ other: MonotonicInstant?) -> MonotonicInstant? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
}

/// What happened between the layers of an endpoint. Only ever grows.
public struct EndpointCounters: Hashable, Sendable {
    /// Requests that the protection did not accept.
    public internal(set) var requestsRefused: UInt64 = 0
    /// Requests without protection for a resource that needs it.
    public internal(set) var unprotectedRequests: UInt64 = 0
    /// Responses that the protection did not accept, and unprotected ones to protected requests.
    public internal(set) var responsesRefused: UInt64 = 0
    /// Messages that the protection could not protect.
    public internal(set) var unprotectable: UInt64 = 0
    /// Notifications that were not sent: they could not be protected, are too large, too many are under way, or no Message
    /// ID is free.
    public internal(set) var unsentNotifications: UInt64 = 0
    /// Outer block-wise transfer.
    public internal(set) var outerBlocks = OuterBlockCounters()

    /// All zero.
    public init() {}
}

extension Endpoint {
    /// What is kept of a request until it is answered, and of an observation until it ends.
    struct ReceivedBinding {
        let path: DatagramPath
        let token: Token
        /// `nil` for a request without protection.
        var protection: Protection.ResponseBinding?
        /// The observation that the request registered.
        var observation: ObservationKey?
    }

    /// What is kept of an exchange until it ends.
    struct ExchangeBinding {
        /// `nil` for a request without protection.
        var protection: Protection.RequestBinding?
        /// Whether one genuine response ends it.
        let endsWithResponse: Bool
    }

    struct ObservationKey: Hashable {
        let site: EndpointSite
        let id: ObservationID
    }

    /// What is kept of an observation for its notifications.
    struct Observation {
        var binding: ReceivedBinding
        /// The answer to the registration, as long as a reset of it may come.
        var first: NotificationID?
        /// The one that was sent last, while something may still come of it.
        var last: NotificationID?
        /// How its notifications are cut, if somebody between here and the client wants that.
        var wish: OuterBlocks.Wish?
    }
}

@available(*, unavailable)
extension Endpoint: Sendable {}
