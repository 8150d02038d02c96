import Bytes
import CoAP

/// A CoAP datagram of a vector, taken apart.
struct Datagram {
    let header: DatagramHeader
    let message: Message

    init(_ bytes: [UInt8]) throws {
        let (header, offset) = try DatagramCodec.decode(bytes.span)
        self.header = header
        self.message = try Message(code: header.code, body: bytes.span.extracting(droppingFirst: offset))
    }

    /// The datagram with the same type, Message ID and Token but another message in it.
    func encoded(as message: Message) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var header = header
        header.code = message.code
        DatagramCodec.encode(header, body: message.body.span, into: &bytes)
        return bytes
    }
}
