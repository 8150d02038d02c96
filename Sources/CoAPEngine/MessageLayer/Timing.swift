internal import CoAP

/// What follows from the parameters, computed once and in nanoseconds: it is added to the time for every message.
internal struct Timing: Sendable {
    let exchangeLifetime: Int64
    let nonLifetime: Int64
    /// How long to wait for an answer before a confirmable request is acknowledged without one.
    let acknowledgementDelay: Int64
    /// Between what the first wait for an acknowledgement is drawn.
    let firstTimeout: ClosedRange<Int64>
    /// What a byte costs a destination that does not answer.
    let byteCost: Int64

    init(_ parameters: TransmissionParameters) {
        exchangeLifetime = parameters.exchangeLifetime.saturatedNanoseconds
        nonLifetime = parameters.nonLifetime.saturatedNanoseconds
        // COAP-0059: well before the client sends again.
        acknowledgementDelay = (parameters.ackTimeout / 2).saturatedNanoseconds
        // COAP-0047
        let shortest = parameters.ackTimeout.saturatedNanoseconds
        let longest = (parameters.ackTimeout * parameters.ackRandomFactor).saturatedNanoseconds
        firstTimeout = shortest...max(shortest, longest)
        byteCost = 1_000_000_000 / Int64(parameters.probingRate)
    }
}
