import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// A whole endpoint with little room: a server with every kind of resource, and a client that asks for every kind of
/// thing, in a network full of nonsense.
struct EndpointModelWorld: ~Copyable {
    static let paths = ["small", "large", "late", "observed", "late-observed", "unknown"]
    static let home = Endpoint.home
    private static let large = bytes(300)

    static let layerLimits: MessageLayerLimits = {
        var limits = MessageLayerLimits()
        limits.exchanges = 30
        limits.queuedRequests = 10
        limits.destinations = 12
        limits.pendingRequests = 12
        limits.notifications = 10
        limits.rememberedNotifications = 20
        limits.rejectedTokens = 8
        limits.rememberedMessages = 200
        limits.rememberedAnswerBytes = 4_000
        limits.restingTokens = 50
        limits.numberedPeers = 16
        limits.answerRate = AnswerRate(perSecond: 1, burst: 4)
        return limits
    }()
    static let serverSettings: RequestServerSettings = {
        var settings = RequestServerSettings()
        settings.limits.uploads = ShareLimits(entries: 6, entriesPerPeer: 3, bytes: 600, bytesPerPeer: 300)
        settings.limits.snapshots = ShareLimits(entries: 3, entriesPerPeer: 2, bytes: 1_200, bytesPerPeer: 700)
        settings.limits.observations = ShareLimits(entries: 8, entriesPerPeer: 4, bytes: 400, bytesPerPeer: 200)
        settings.limits.calls = ShareLimits(entries: 3, entriesPerPeer: 2, bytes: 300, bytesPerPeer: 200)
        settings.limits.reachableAddresses = 5
        settings.blockSize = .bytes64
        return settings
    }()
    static let clientSettings: RequestClientSettings = {
        var settings = RequestClientSettings()
        settings.operations = 20
        settings.respondersPerGroup = 5
        settings.responsesPerResponder = 3
        settings.assembledBytes = 500
        settings.echoValues = 4
        settings.backOffs = 4
        settings.untaggedUploads = 4
        var cache = ResponseCacheSettings()
        cache.entries = 6
        cache.bytes = 800
        settings.cache = cache
        return settings
    }()

    var endpoint: CoAPEngine.Endpoint<NoProtection>
    var nonsense: Nonsense
    let seed: UInt64
    var received: UInt64 = 0
    var random: SeededGenerator
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    var operations: [OperationID] = []
    var ended: Set<OperationID> = []
    var calls: [EndpointCall] = []
    var answersCalls = false
    /// What came last.
    var last: ([UInt8], DatagramPath) = ([], DatagramPath(source: Endpoint.peer, destination: home))
    /// Requests of ours that were sent lately.
    var asked: [OutgoingDatagram] = []
    /// An Echo value of ours, for requests that bring it back.
    var echo: [UInt8] = [1]

    init(seed: UInt64) throws {
        self.seed = seed
        random = SeededGenerator(seed: seed)
        nonsense = Nonsense(seed: seed &+ 2_000)
        // Congestion control would leave the client little to do.
        let parameters = try TransmissionParameters(nStart: 4, probingRate: 5_000, mayHurryMoreThanStandard: true)
        var settings = Self.serverSettings
        settings.transmission = parameters
        endpoint = CoAPEngine.Endpoint(
            protection: NoProtection(), layer: MessageLayer(parameters: parameters, limits: Self.layerLimits),
            openServer: RequestServer(resources: Self.resources(), settings: settings),
            client: RequestClient(settings: Self.clientSettings))
    }

    private static func resources() -> ResourceTree<UnprotectedRequest> {
        var tree = ResourceTree<UnprotectedRequest>()
        var properties = ResourceProperties()
        properties.groupAccess = .all
        properties.servesUnauthenticatedGroups = true
        properties.maximumBody = 250
        let changed: ResourceTree<UnprotectedRequest>.Handler = { ResourceResponse(.changed, payload: $0.payload) }
        tree.register(
            path: ["small"],
            methods: [
                .get: { _ in ResourceResponse(.content, .textPlain, [1]) }, .put: changed, .post: changed,
                .fetch: { ResourceResponse(.content, .octetStream, $0.payload) },
            ], properties: properties)
        tree.register(
            path: ["large"],
            methods: [.get: { _ in ResourceResponse(.content, .octetStream, large) }, .put: changed],
            properties: properties)
        tree.register(
            path: ["late"],
            Resource(methods: [
                .get: .deferred { _ in ResourceResponse(.content) },
                .post: .deferred { _ in ResourceResponse(.changed) },
            ]))
        properties.isObservable = true
        tree.register(
            path: ["observed"], methods: [.get: { _ in ResourceResponse(.content, .octetStream, [2]) }],
            properties: properties)
        tree.register(
            path: ["late-observed"],
            Resource(methods: [.get: .deferred { _ in ResourceResponse(.content) }], properties: properties))
        return tree
    }
}
