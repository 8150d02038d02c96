import Bytes
import CoAP
import TestSupport
import Testing

struct CodeTests {
    @Test(.requirement("COAP-0006"))
    func everyByteIsAClassAndADetail() {
        for byte in UInt8.min...UInt8.max {
            let code = Code(rawValue: byte)
            #expect(Code(class: code.class, detail: code.detail) == code)
        }
        #expect(Code.content.description == "2.05")
        #expect(Code.continue.description == "2.31")
        #expect(Code.get.description == "0.01")
    }

    @Test(.requirement("COAP-0007", "COAP-0008"))
    func codesHaveTheirBytes() {
        let table: [(Code, UInt8)] = [
            (.get, 1), (.post, 2), (.put, 3), (.delete, 4), (.fetch, 5), (.patch, 6), (.iPatch, 7), (.created, 0x41),
            (.deleted, 0x42), (.valid, 0x43), (.changed, 0x44), (.content, 0x45), (.continue, 0x5f),
            (.badRequest, 0x80), (.unauthorized, 0x81), (.badOption, 0x82), (.forbidden, 0x83), (.notFound, 0x84),
            (.methodNotAllowed, 0x85), (.notAcceptable, 0x86), (.requestEntityIncomplete, 0x88), (.conflict, 0x89),
            (.preconditionFailed, 0x8c), (.requestEntityTooLarge, 0x8d), (.unsupportedContentFormat, 0x8f),
            (.unprocessableEntity, 0x96), (.tooManyRequests, 0x9d), (.internalServerError, 0xa0),
            (.notImplemented, 0xa1), (.badGateway, 0xa2), (.serviceUnavailable, 0xa3), (.gatewayTimeout, 0xa4),
            (.proxyingNotSupported, 0xa5), (.hopLimitReached, 0xa8),
        ]
        for (code, byte) in table {
            #expect(code.rawValue == byte)
            #expect(code.isRequest == (byte < 0x20))
            #expect(code.isResponse == (byte >= 0x40))
        }
        #expect(!Code.empty.isRequest && !Code.empty.isResponse && Code.empty.isEmpty)
        #expect(!Code(rawValue: 0xe1).isResponse && !Code(rawValue: 0x20).isRequest)
    }

    @Test(
        .requirement("COAP-0008"),
        arguments: [
            (0x45, 0x45), (0x5f, 0x5f), (0x40, 0x40), (0x5e, 0x40), (0x80, 0x80), (0x96, 0x96), (0x87, 0x80),
            (0x9f, 0x80),
            (0xa8, 0xa8), (0xa6, 0xa0), (0xbf, 0xa0), (0x7f, 0x60), (0x01, 0x01), (0x1f, 0x1f), (0x00, 0x00),
            (0xe1, 0xe1),
        ] as [(UInt8, UInt8)])
    func unknownResponseCodesMeanTheirClass(byte: UInt8, meaning: UInt8) {
        #expect(Code(rawValue: byte).known.rawValue == meaning)
    }

    /// What a confirmable message with such a code is rejected for; with what, its first four bytes say.
    @Test(.requirement("COAP-0045"), arguments: [0x20, 0x3f, 0xc0, 0xdf, 0xe1, 0xe5, 0xff] as [UInt8])
    func reservedClassesAreNeitherRequestsNorResponses(byte: UInt8) throws {
        let code = Code(rawValue: byte)
        #expect(!code.isRequest && !code.isResponse && !code.isEmpty)
        let datagram: [UInt8] = [0x40, byte, 0x12, 0x34]
        let (header, offset) = try DatagramCodec.decode(datagram.span)
        #expect(header == DatagramHeader(type: .confirmable, code: code, messageID: MessageID(rawValue: 0x1234)))
        #expect(offset == 4)
    }

    @Test func tokensKeepLeadingZerosAndTheirLength() throws {
        for length in 0...8 {
            let bytes = [UInt8](repeating: 0, count: length)
            #expect(try #require(Token(bytes)).bytes == bytes)
        }
        #expect(Token([0]) != Token([0, 0]))
        #expect(Token([UInt8](repeating: 1, count: 9)) == nil)
        #expect(Token(0x0102_0304_0506_0708).description == "0102030405060708")
    }
}
