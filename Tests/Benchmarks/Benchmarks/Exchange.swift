import CBOR
import COSE
import CoAP
import OSCORE

/// The message that is measured, a small command and its answer.
struct Exchange {
    let payload: Int
    let request: [UInt8]
    let response: [UInt8]
    /// Messages in a batch of an operation without a signature, and in one with.
    static let batch = 4096
    static let signedBatch = 64
    /// Every Partial IV has two bytes, so that every message of a batch has the same length.
    static let firstPartialIV: UInt64 = 1000
    static let client: [UInt8] = [0x01]
    static let server: [UInt8] = [0x02]

    init(payload: Int) {
        self.payload = payload
        var options = Options()
        options.uriPath = ["light"]
        let content = [UInt8](repeating: 0x2a, count: payload)
        request = Message(code: .put, options: options, payload: content).body
        response = Message(code: .content, payload: content).body
    }

    /// Room for any protected message of this exchange. Little more than it takes: the bare calls read messages that
    /// stand just as close, and a processor fetches both alike.
    func longest(_ signature: Int) -> Int { payload + 64 + signature }

    /// What encryption sees: the Code and the body, of which nothing stays outside.
    static func plaintextLength(_ body: [UInt8]) -> Int { 1 + body.count }

    static func senderID(_ bytes: [UInt8]) throws -> SenderID {
        guard let senderID = SenderID(bytes) else { throw BenchmarkError.fixture }
        return senderID
    }

    /// Numbers for one batch and one message before it, always the same ones: each side starts every batch with a context
    /// of its own, because no context takes numbers back.
    static var reservation: SequenceReservation {
        var reservation = SequenceReservation(resumingAt: firstPartialIV)
        reservation.extend(to: firstPartialIV + UInt64(batch) + 1)
        return reservation
    }
}
