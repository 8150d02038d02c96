import Bytes
import CoAP
import CoAPEngine
import TestSupport

/// A message layer with a clock that is moved by hand and everything that it did.
struct Endpoint {
    static let home = IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)
    static let peer = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 2), port: 5683)
    static let other = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 3), port: 5683)
    static let group = SocketAddress(IPv6Address(high: 0xff35_0030_fd00_0000, low: 1), port: 5683)

    var layer: MessageLayer
    var random = SeededGenerator(seed: 42)
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    var effects: [MessageLayerEffect] = []

    init(parameters: TransmissionParameters = .standard, limits: MessageLayerLimits = MessageLayerLimits()) {
        layer = MessageLayer(parameters: parameters, limits: limits)
    }

    /// An endpoint that congestion control does not hold back, for tests of other things.
    static func hurried(limits: MessageLayerLimits = MessageLayerLimits()) throws -> Self {
        Self(
            parameters: try TransmissionParameters(
                nStart: 1_000, probingRate: 1_000_000_000, mayHurryMoreThanStandard: true), limits: limits)
    }

    /// Takes a datagram in and answers what was done.
    @discardableResult
    mutating func receive(
        _ bytes: [UInt8], from source: SocketAddress = peer, to destination: IPv6Address = home
    ) -> [MessageLayerEffect] {
        var effects: [MessageLayerEffect] = []
        layer.receive(
            bytes.span, from: DatagramPath(source: source, destination: destination), at: now, random: &random,
            effects: &effects)
        return effects
    }

    @discardableResult
    mutating func receive(
        hex: String, from source: SocketAddress = peer, to destination: IPv6Address = home
    ) -> [MessageLayerEffect] {
        receive(Hex.decode(hex) ?? [], from: source, to: destination)
    }

    mutating func send(_ request: OutgoingRequest) throws -> (id: ExchangeID, sent: Sent) {
        var effects: [MessageLayerEffect] = []
        let id = try layer.send(request, at: now, random: &random, effects: &effects)
        guard let sent = effects.sent.first, effects.count == 1 else { throw Surprise() }
        return (id, sent)
    }

    /// Asks for a request to be sent and answers everything that was done.
    mutating func ask(_ request: OutgoingRequest) throws -> (id: ExchangeID, effects: [MessageLayerEffect]) {
        var effects: [MessageLayerEffect] = []
        let id = try layer.send(request, at: now, random: &random, effects: &effects)
        return (id, effects)
    }

    /// Sends a further request of an open exchange.
    mutating func send(_ request: OutgoingRequest, continuing id: ExchangeID) throws -> [MessageLayerEffect] {
        var effects: [MessageLayerEffect] = []
        try layer.send(request, continuing: id, at: now, random: &random, effects: &effects)
        return effects
    }

    mutating func sendAgain(_ id: ExchangeID, newMessageID: Bool) throws -> [MessageLayerEffect] {
        var effects: [MessageLayerEffect] = []
        try layer.sendAgain(id, newMessageID: newMessageID, at: now, random: &random, effects: &effects)
        return effects
    }

    mutating func notify(
        _ notification: OutgoingNotification
    ) -> (id: NotificationID?, effects: [MessageLayerEffect]) {
        var effects: [MessageLayerEffect] = []
        let id = layer.notify(notification, at: now, random: &random, effects: &effects)
        return (id, effects)
    }

    mutating func respond(
        to handle: RequestHandle, _ message: Message, after delay: Duration = .zero
    ) -> [MessageLayerEffect] {
        var effects: [MessageLayerEffect] = []
        layer.respond(to: handle, with: message, after: delay, at: now, random: &random, effects: &effects)
        return effects
    }

    /// Moves the clock, stopping at every deadline, and answers what was done when.
    mutating func advance(by duration: Duration) -> [(at: Duration, effect: MessageLayerEffect)] {
        let start = now
        let end = now.advanced(by: duration)
        var done: [(at: Duration, effect: MessageLayerEffect)] = []
        while let deadline = layer.nextDeadline, deadline <= end {
            now = max(now, deadline)
            var effects: [MessageLayerEffect] = []
            layer.handleTimers(at: now, random: &random, effects: &effects)
            done += effects.map { (start.duration(to: now), $0) }
        }
        now = end
        return done
    }
}

struct Surprise: Error {}

/// A sent datagram, taken apart.
struct Sent: Equatable {
    let datagram: OutgoingDatagram
    let header: DatagramHeader
    let message: Message

    init?(_ effect: MessageLayerEffect) {
        guard case .transmit(let datagram) = effect,
            let (header, offset) = try? DatagramCodec.decode(datagram.bytes.span),
            let message = try? Message(code: header.code, body: datagram.bytes.span.extracting(droppingFirst: offset))
        else { return nil }
        self.datagram = datagram
        self.header = header
        self.message = message
    }
}

extension [MessageLayerEffect] {
    var sent: [Sent] { compactMap(Sent.init) }
    var requests: [IncomingRequest] {
        compactMap { if case .request(let request) = $0 { request } else { nil } }
    }
    var responses: [IncomingResponse] {
        compactMap { if case .response(_, let response) = $0 { response } else { nil } }
    }
    var begun: [ExchangeID] { compactMap { if case .begun(let id) = $0 { id } else { nil } } }
    var outcomes: [NotificationOutcome] {
        compactMap { if case .notification(_, let outcome) = $0 { outcome } else { nil } }
    }
    var failures: [ExchangeFailure] {
        compactMap { if case .failed(_, let failure) = $0 { failure } else { nil } }
    }
}

func datagram(
    _ type: MessageType, _ code: Code, id: UInt16, token: Token = .empty, options: Options = Options(),
    payload: [UInt8] = []
) -> [UInt8] {
    var bytes: [UInt8] = []
    let body = Message(code: code, options: options, payload: payload).body
    DatagramCodec.encode(
        DatagramHeader(type: type, code: code, messageID: MessageID(rawValue: id), token: token),
        body: body.span, into: &bytes)
    return bytes
}

func get(
    to destination: SocketAddress = Endpoint.peer, reliability: OutgoingRequest.Reliability = .confirmable,
    expects: OutgoingRequest.Expectation = .oneResponse, timeout: Duration? = nil, payload: [UInt8] = [],
    settlesAfter: Duration? = nil
) -> OutgoingRequest {
    OutgoingRequest(
        message: Message(code: .get, payload: payload), destination: destination, reliability: reliability,
        expects: expects, timeout: timeout, settlesAfter: settlesAfter)
}
