/// The timing of message exchanges (RFC 7252 §4.8) and of group exchanges (RFC 10020 §3.1.5, §3.6).
public struct TransmissionParameters: Hashable, Sendable {
    /// ACK_TIMEOUT: the shortest wait before the first retransmission.
    public let ackTimeout: Duration
    /// ACK_RANDOM_FACTOR: the first wait is drawn between the timeout and this many times the timeout. 1.0 to 10.
    public let ackRandomFactor: Double
    /// MAX_RETRANSMIT: how often a message is sent again, 0 to 16.
    public let maxRetransmit: Int
    /// NSTART: outstanding interactions with one server, 1 to 1000.
    public let nStart: Int
    /// DEFAULT_LEISURE: over how long group responses are spread when nothing better is known.
    public let defaultLeisure: Duration
    /// PROBING_RATE: bytes a second to an endpoint that does not answer, 1 to 1,000,000,000.
    public let probingRate: Int
    /// MAX_LATENCY: how long a datagram may stay in the network.
    public let maxLatency: Duration

    // COAP-0048: what follows from the parameters (RFC 7252 §4.8.2). Computed once: each message needs it.

    /// MAX_TRANSMIT_SPAN: from the first to the last transmission of a message, at most.
    public let maxTransmitSpan: Duration
    /// EXCHANGE_LIFETIME: how long the Message ID of a confirmable message is in use.
    public let exchangeLifetime: Duration
    /// NON_LIFETIME: how long the Message ID of a non-confirmable message is in use.
    public let nonLifetime: Duration

    /// The values of RFC 7252.
    public static let standard = Self(
        ackTimeout: .seconds(2), ackRandomFactor: 1.5, maxRetransmit: 4, nStart: 1, defaultLeisure: .seconds(5),
        probingRate: 1, maxLatency: .seconds(100), validated: ())

    /// Creates parameters.
    ///
    /// - Parameter mayHurryMoreThanStandard: Permits an ACK_TIMEOUT below 2 s, an NSTART above 1 and a PROBING_RATE
    ///   above 1, which takes a network whose congestion is controlled otherwise (COAP-0049).
    /// - Throws: The ``TransmissionParametersError`` that is named like the first parameter out of its range.
    public init(
        ackTimeout: Duration = .seconds(2), ackRandomFactor: Double = 1.5, maxRetransmit: Int = 4, nStart: Int = 1,
        defaultLeisure: Duration = .seconds(5), probingRate: Int = 1, maxLatency: Duration = .seconds(100),
        mayHurryMoreThanStandard: Bool = false
    ) throws(TransmissionParametersError) {
        guard ackTimeout > .zero, ackTimeout <= .seconds(3600) else { throw .ackTimeout }
        // COAP-0049
        guard mayHurryMoreThanStandard || ackTimeout >= .seconds(2) else { throw .ackTimeout }
        guard ackRandomFactor >= 1.0, ackRandomFactor <= 10 else { throw .ackRandomFactor }
        guard (0...16).contains(maxRetransmit) else { throw .maxRetransmit }
        guard (1...1_000).contains(nStart), mayHurryMoreThanStandard || nStart == 1 else { throw .nStart }
        guard defaultLeisure >= .zero, defaultLeisure <= .seconds(3600) else { throw .defaultLeisure }
        // COAP-0263: up to a rate whose nanoseconds can be counted.
        guard probingRate >= 1, probingRate <= 1_000_000_000, mayHurryMoreThanStandard || probingRate == 1 else {
            throw .probingRate
        }
        guard maxLatency >= .zero, maxLatency <= .seconds(3600) else { throw .maxLatency }
        self.init(
            ackTimeout: ackTimeout, ackRandomFactor: ackRandomFactor, maxRetransmit: maxRetransmit, nStart: nStart,
            defaultLeisure: defaultLeisure, probingRate: probingRate, maxLatency: maxLatency, validated: ())
    }

    /// The same timing with the PROBING_RATE that the rate of a link permits, which whoever runs the network knows.
    ///
    /// - Parameter probingRate: In bytes a second; cut to 1 to 1,000,000,000.
    public func probing(at probingRate: Int) -> Self {
        Self(
            ackTimeout: ackTimeout, ackRandomFactor: ackRandomFactor, maxRetransmit: maxRetransmit, nStart: nStart,
            defaultLeisure: defaultLeisure, probingRate: min(max(probingRate, 1), 1_000_000_000),
            maxLatency: maxLatency, validated: ())
    }

    private init(
        ackTimeout: Duration, ackRandomFactor: Double, maxRetransmit: Int, nStart: Int, defaultLeisure: Duration,
        probingRate: Int, maxLatency: Duration, validated: Void
    ) {
        self.ackTimeout = ackTimeout
        self.ackRandomFactor = ackRandomFactor
        self.maxRetransmit = maxRetransmit
        self.nStart = nStart
        self.defaultLeisure = defaultLeisure
        self.probingRate = probingRate
        self.maxLatency = maxLatency
        maxTransmitSpan = ackTimeout * (Double(1 << maxRetransmit) - 1) * ackRandomFactor
        // PROCESSING_DELAY is ACK_TIMEOUT.
        exchangeLifetime = maxTransmitSpan + maxLatency * 2 + ackTimeout
        nonLifetime = maxTransmitSpan + maxLatency
    }
}

/// The parameter that is out of its range.
public enum TransmissionParametersError: Error, Hashable, Sendable {
    /// Not positive, over an hour, or below 2 s without permission.
    case ackTimeout
    /// Below 1.0 or above 10.
    case ackRandomFactor
    /// Not 0 to 16.
    case maxRetransmit
    /// Not 1 to 1000, or above 1 without permission.
    case nStart
    /// Negative or over an hour.
    case defaultLeisure
    /// Not 1 to 1,000,000,000 bytes a second, or above 1 without permission.
    case probingRate
    /// Negative or over an hour.
    case maxLatency
}

// COAP-0048: what else follows from the parameters (RFC 7252 §4.8.2).
extension TransmissionParameters {
    /// MAX_TRANSMIT_WAIT: from the first transmission to giving up, at most.
    public var maxTransmitWait: Duration { ackTimeout * (Double(1 << (maxRetransmit + 1)) - 1) * ackRandomFactor }
    /// PROCESSING_DELAY: how long a peer may take to acknowledge.
    public var processingDelay: Duration { ackTimeout }
    /// MAX_RTT.
    public var maxRTT: Duration { maxLatency * 2 + processingDelay }

    /// MIN_TOKEN_REUSE_TIME: how long the token of a finished group request stays out of use (RFC 10020 §3.1.5).
    ///
    /// - Parameter maximumServerResponseDelay: The longest that a server takes to answer; `nil` if unknown.
    public func minimumTokenReuseTime(maximumServerResponseDelay: Duration?) -> Duration {
        // COAP-0095: the text demands more than its own sum gives; the stricter reading wins.
        let floor = Duration.seconds(250)
        let lifetimes = max(nonLifetime + maxLatency, floor)
        return lifetimes + (maximumServerResponseDelay ?? floor)
    }
}
