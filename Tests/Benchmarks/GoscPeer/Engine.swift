import Bytes
import CPeerSupport
import CoAP
import CoAPEngine
import DatagramTransport
import Glibc

/// An endpoint without the library around it: socket, engine and loop on one thread, nothing asynchronous.
struct EngineLoop: ~Copyable {
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
    mutating func start(_ request: ClientRequest) throws -> OperationID {
        var taken: [EndpointEffect] = []
        swap(&taken, &effects)
        let id = try endpoint.start(request, at: now, random: &random, effects: &taken)
        transmit(&taken) { _ in }
        return id
    }

    /// Waits for datagrams and timers, and does what is due.
    mutating func turn(_ ended: (OperationID) -> Void) {
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

    private mutating func transmit(_ taken: inout [EndpointEffect], _ ended: (OperationID) -> Void) {
        for effect in taken {
            switch effect {
            case .transmit(let datagram):
                if outgoing.isFull { flush() }
                outgoing.append(datagram.bytes, to: datagram.destination, source: datagram.source)
            case .ended(let operation, .complete): ended(operation)
            default: break
            }
        }
        taken.removeAll(keepingCapacity: true)
        swap(&taken, &effects)
    }

    private mutating func flush() {
        if outgoing.count > 0 { socket.send(&outgoing) }
    }
}

struct EngineServer: ~Copyable {
    private var loop: EngineLoop

    init() throws {
        loop = try EngineLoop()
    }

    consuming func run() throws -> Never {
        peer_print_port(loop.socket.localAddress.port)
        while true { loop.turn { _ in } }
    }
}

struct EngineClient: ~Copyable {
    private var loop: EngineLoop
    private let task: ClientTask

    init(_ task: ClientTask) throws {
        loop = try EngineLoop()
        self.task = task
    }

    consuming func run() throws {
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

/// The system's random numbers, a kilobyte at a time.
struct BufferedRandom: RandomNumberGenerator {
    private var buffer = [UInt64](repeating: 0, count: 128)
    private var left = 0

    mutating func next() -> UInt64 {
        if left == 0 {
            left = buffer.withUnsafeMutableBytes { getrandom($0.baseAddress, $0.count, 0) } / 8
        }
        left -= 1
        return buffer[left]
    }
}
