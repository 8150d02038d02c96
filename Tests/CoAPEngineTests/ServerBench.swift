import Bytes
import CoAP
import Synchronization
import TestSupport

@testable import CoAPEngine

/// A request of which the bench says itself what it is.
struct BenchRequest: RequestProperties, Equatable {
    let message: Message
    var code: Code { message.code }
    var options: Options { message.options }
    var payload: [UInt8] { message.payload }
}

/// A request layer alone, with inner messages and a clock that is moved by hand.
struct ServerBench: ~Copyable {
    typealias Tree = ResourceTree<BenchRequest>
    typealias Effect = ServerEffect<BenchRequest>

    static let home = IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)
    static let alice = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0xa), port: 5683)
    static let bob = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0xb), port: 5683)
    static let group = IPv6Address(high: 0xff35_0030_fd00_0000, low: 1)

    var server: RequestServer<BenchRequest>
    var random: SeededGenerator
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    private var lastHandle: UInt64 = 0

    init(_ settings: RequestServerSettings = RequestServerSettings(), seed: UInt64 = 1, _ fill: (inout Tree) -> Void) {
        var tree = Tree()
        fill(&tree)
        server = RequestServer(resources: tree, settings: settings)
        random = SeededGenerator(seed: seed)
    }

    /// Hands a request to the server and answers all that it wants done.
    mutating func effects(
        _ message: Message, from source: SocketAddress = alice, to destination: IPv6Address = home,
        token: UInt64 = 1, type: MessageType? = nil, isAuthenticated: Bool = true, byteCount: Int? = nil,
        peer: PeerIdentity? = nil
    ) -> [Effect] {
        lastHandle += 1
        var effects: [Effect] = []
        let request = ReceivedRequest(
            handle: RequestHandle(number: lastHandle), path: DatagramPath(source: source, destination: destination),
            token: Token(token), type: type ?? (destination.isMulticast ? .nonConfirmable : .confirmable),
            peer: peer ?? .endpoint(source), isAuthenticated: isAuthenticated,
            byteCount: byteCount ?? message.bodyLength + 12, request: BenchRequest(message: message))
        server.receive(request, at: now, random: &random, effects: &effects)
        return effects
    }

    /// Hands a request to the server and answers the one answer that it gives; `nil` for silence.
    mutating func ask(
        _ message: Message, from source: SocketAddress = alice, to destination: IPv6Address = home,
        token: UInt64 = 1, type: MessageType? = nil, isAuthenticated: Bool = true, byteCount: Int? = nil,
        peer: PeerIdentity? = nil
    ) throws -> Message? {
        try effects(
            message, from: source, to: destination, token: token, type: type, isAuthenticated: isAuthenticated,
            byteCount: byteCount, peer: peer
        ).answer?.message
    }

    mutating func changed(_ path: String...) -> [Effect] {
        var effects: [Effect] = []
        server.resourceChanged(path, at: now, random: &random, effects: &effects)
        return effects
    }

    mutating func ended(_ id: ObservationID, _ outcome: NotificationOutcome) -> [Effect] {
        var effects: [Effect] = []
        server.notificationEnded(id, outcome, at: now, random: &random, effects: &effects)
        return effects
    }

    mutating func complete(_ call: CallID, _ response: ResourceResponse) -> [Effect] {
        var effects: [Effect] = []
        server.complete(call, with: response, at: now, random: &random, effects: &effects)
        return effects
    }

    /// Moves the clock, stopping at every deadline.
    mutating func advance(by duration: Duration) -> [(at: Duration, effect: Effect)] {
        let start = now
        let end = now.advanced(by: duration)
        var done: [(at: Duration, effect: Effect)] = []
        while let deadline = server.nextDeadline, deadline <= end {
            now = max(now, deadline)
            var effects: [Effect] = []
            server.handleTimers(at: now, random: &random, effects: &effects)
            done += effects.map { (start.duration(to: now), $0) }
        }
        now = end
        return done
    }
}

struct Notification {
    let id: ObservationID
    let message: Message
    let isConfirmable: Bool
    let delay: Duration
}

extension [ServerEffect<BenchRequest>] {
    /// What answers the request: exactly one effect does.
    var answer: (message: Message, delay: Duration)? {
        get throws {
            var answers: [(Message, Duration)?] = []
            for effect in self {
                switch effect {
                case .respond(_, let message, let delay): answers.append((message, delay))
                case .staySilent: answers.append(nil)
                default: break
                }
            }
            guard answers.count == 1 else { throw Surprise() }
            return answers[0]
        }
    }
    var notifications: [Notification] {
        compactMap {
            guard case .notify(let id, let message, let isConfirmable, _, let delay) = $0 else { return nil }
            return Notification(id: id, message: message, isConfirmable: isConfirmable, delay: delay)
        }
    }
    var observing: [ObservationID] {
        compactMap { if case .observing(let id, _) = $0 { id } else { nil } }
    }
    var endedObservations: [ObservationID] {
        compactMap { if case .observationEnded(let id) = $0 { id } else { nil } }
    }
    var calls: [(id: CallID, request: ResourceRequest<BenchRequest>)] {
        compactMap { if case .call(let id, let request, _) = $0 { (id, request) } else { nil } }
    }
}

/// A resource whose state a test can look at and change.
final class Thing: Sendable {
    private let stored: Mutex<State>

    struct State {
        var response: ResourceResponse
        var requests: [ResourceRequest<BenchRequest>] = []
    }

    init(_ payload: [UInt8] = Array("on".utf8), _ format: ContentFormat = .textPlain) {
        stored = Mutex(State(response: ResourceResponse(.content, format, payload)))
    }

    /// What GET and FETCH answer.
    var response: ResourceResponse {
        get { stored.withLock { $0.response } }
        set { stored.withLock { $0.response = newValue } }
    }

    /// All requests that came to it.
    var requests: [ResourceRequest<BenchRequest>] { stored.withLock { $0.requests } }

    /// Answers GET and FETCH with the state; other methods replace the payload of the state.
    func serve(_ request: ResourceRequest<BenchRequest>) -> ResourceResponse {
        stored.withLock { state in
            state.requests.append(request)
            if request.code == .get || request.code == .fetch { return state.response }
            state.response.payload = request.payload
            return ResourceResponse(request.code == .delete ? .deleted : .changed)
        }
    }

    var methods: [Code: ServerBench.Tree.Handler] {
        let serve: ServerBench.Tree.Handler = { self.serve($0) }
        return [.get: serve, .put: serve, .post: serve, .delete: serve, .fetch: serve, .patch: serve, .iPatch: serve]
    }
}

extension Message {
    /// A request for `/thing`.
    init(_ code: Code, path: [String] = ["thing"], payload: [UInt8] = [], _ change: (inout Options) -> Void = { _ in })
    {
        self.init(code: code, payload: payload)
        options.uriPath = path
        change(&options)
    }

    var text: String { String(decoding: payload, as: UTF8.self) }
}

func block(_ number: UInt32, _ isMore: Bool, _ size: BlockSize) -> BlockOption {
    BlockOption(number: number, isMore: isMore, size: size)
}

/// Bytes that differ from each other, so that a misplaced one is seen.
func bytes(_ count: Int, from first: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 + first) * 7 + ($0 + first) / 251) }
}
