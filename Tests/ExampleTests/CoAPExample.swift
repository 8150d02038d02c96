import Bytes
import CoAP
import Testing

struct CoAPExample {
    @Test func encodesAndDecodesADatagram() throws {
        // example: coap
        var options = Options()
        options.uriPath = ["light"]
        let request = Message(code: .put, options: options, payload: Array("on".utf8))

        let header = DatagramHeader(
            type: .nonConfirmable, code: request.code, messageID: MessageID(rawValue: 0x1234), token: Token(7))
        var datagram: [UInt8] = []
        DatagramCodec.encode(header, body: request.body.span, into: &datagram)

        let (received, bodyOffset) = try DatagramCodec.decode(datagram.span)
        let message = try Message(code: received.code, body: datagram.span.extracting(droppingFirst: bodyOffset))
        // end
        #expect(received == header)
        #expect(message == request)
        #expect(message.options.uriPath == ["light"])
    }
}
