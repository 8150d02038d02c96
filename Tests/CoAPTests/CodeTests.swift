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
