import Bytes
import CPeerSupport
import CoAP
import CoAPEngine
import DatagramTransport
@preconcurrency import Glibc

/// An endpoint without the library around it: socket, engine and loop on one thread, nothing asynchronous.
final class EngineLoop {
    let socket: DatagramSocket
    private let poll: DatagramPoll
    private var endpoint: Endpoint<NoProtection>
    private var random = BufferedRandom()
    private var received = ReceivedBatch()
    private var outgoing = OutboundBatch()
    private var effects: [EndpointEffect] = []

    init() throws {
        socket = try DatagramSocket.unicast(bind: SocketAddress(.loopback, port: 0))
        poll = try DatagramPoll()
        var settings = RequestServerSettings()
        settings.transmission = try Setup.transmission()
        var resources = ResourceTree<UnprotectedRequest>()
        resources.register(path: [Setup.path], methods: [.get: { _ in Setup.answer }])
        endpoint = Endpoint(
            protection: NoProtection(),
            layer: MessageLayer(parameters: try Setup.transmission(), limits: Setup.limits),
            openServer: RequestServer(resources: resources, settings: settings))
    }

    private var now: MonotonicInstant { MonotonicInstant(nanoseconds: MonotonicClock.now) }

    /// Sends a request.
    func start(_ request: ClientRequest) throws -> OperationID {
        var taken: [EndpointEffect] = []
        swap(&taken, &effects)
        let id = try endpoint.start(request, at: now, random: &random, effects: &taken)
        transmit(&taken) { _ in }
        return id
    }

    /// Waits for datagrams and timers, and does what is due.
    func turn(_ ended: (OperationID) -> Void) {
        flush()
        if socket.receive(into: &received) == 0 {
            _ = poll.wait(on: [socket], until: endpoint.nextDeadline?.nanoseconds)
            socket.receive(into: &received)
        }
        var taken: [EndpointEffect] = []
        swap(&taken, &effects)
        let now = now
        for index in 0..<received.count {
            let arrival = received.arrival(at: index)
            let path = DatagramPath(
                source: arrival.source, destination: arrival.destination, interface: arrival.interface)
            endpoint.receive(received.bytes(at: index), from: path, at: now, random: &random, effects: &taken)
        }
        if let due = endpoint.nextDeadline, due <= now {
            endpoint.handleTimers(at: now, random: &random, effects: &taken)
        }
        transmit(&taken, ended)
    }

    private func transmit(_ taken: inout [EndpointEffect], _ ended: (OperationID) -> Void) {
        for effect in taken {
            switch effect {
            case .transmit(let datagram):
                if outgoing.isFull { flush() }
                outgoing.append(datagram.bytes, to: datagram.destination, source: datagram.source)
            case .ended(let operation, .complete): ended(operation)
            case .ended(_, let end):
                fputs("a request came to nothing: \(end)\n", stderr)
                exit(EXIT_FAILURE)
            default: break
            }
        }
        taken.removeAll(keepingCapacity: true)
        swap(&taken, &effects)
    }

    private func flush() {
        if outgoing.count > 0 { socket.send(&outgoing) }
    }
}

enum EngineServer {
    static func run() throws -> Never {
        let loop = try EngineLoop()
        peer_print_port(loop.socket.localAddress.port)
        while true { loop.turn { _ in } }
    }
}

enum EngineClient {
    static func run(_ task: ClientTask) throws {
        let loop = try EngineLoop()
        let request = Setup.request(to: task.server, task.reliability)
        _ = peer_begin(task.serverProcess, task.warmUp, task.milliseconds)
        var sent: [OperationID: UInt64] = [:]
        var due = task.outstanding
        repeat {
            while due > 0 {
                let moment = peer_now()
                sent[try loop.start(request)] = moment
                due -= 1
            }
            loop.turn { operation in
                guard let moment = sent.removeValue(forKey: operation) else { return }
                if peer_count(moment) { due += 1 }
            }
        } while !sent.isEmpty || due > 0
    }
}

/// The system's random numbers, 256 bytes at a time.
struct BufferedRandom: RandomNumberGenerator {
    private var buffer = [UInt64](repeating: 0, count: 32)
    private var left = 0

    mutating func next() -> UInt64 {
        if left == 0 {
            buffer.withUnsafeMutableBytes { bytes in precondition(getentropy(bytes.baseAddress, bytes.count) == 0) }
            left = buffer.count
        }
        left -= 1
        return buffer[left]
    }
}
