import Bytes
import CoAP
import TestSupport
import Testing

struct DatagramCodecTests {
    @Test(.requirement("COAP-0001"))
    func knownDatagramsDecode() throws {
        let get = try decoded("40017d34")
        #expect(get.header == DatagramHeader(type: .confirmable, code: .get, messageID: MessageID(rawValue: 0x7d34)))
        #expect(get.message == Message(code: .get))
        let tagged = try decoded("51017d4186")
        #expect(tagged.header.type == .nonConfirmable)
        #expect(tagged.header.token == Token([0x86]))
    }

    @Test(.requirement("COAP-0003"), arguments: zip(["40", "50", "60", "70"], MessageType.allCases))
    func typesHaveTheirBits(first: String, type: MessageType) throws {
        #expect(try decoded(first + "010001").header.type == type)
    }

    @Test(
        .requirement("COAP-0002", "COAP-0004", "COAP-0009", "COAP-0010", "COAP-0012", "COAP-0013", "COAP-0014"),
        arguments: [
            ("80010001", .unsupportedVersion), ("00010001", .unsupportedVersion), ("400100", .truncatedHeader),
            ("", .truncatedHeader), ("49010001010203040506070809", .reservedTokenLength),
            ("4f010001010203040506070809101112131415", .reservedTokenLength), ("4201000101", .truncatedToken),
            ("40001234ff", .contentInEmptyMessage), ("41001234aa", .contentInEmptyMessage),
            ("41001234", .contentInEmptyMessage), ("40010001ff", .missingPayload),
            ("40010001f100", .reservedOptionNibble), ("400100011f00", .reservedOptionNibble),
            ("40010001b36162", .truncatedOption), ("40010001d0", .truncatedOption), ("40010001e000", .truncatedOption),
            ("400100010d", .truncatedOption), ("400100010eff", .truncatedOption),
            ("40010001e0fef210", .optionNumberOverflow), ("40010001e0ffff", .optionNumberOverflow),
            ("40010001e0fef2d0ff", .optionNumberOverflow),
        ] as [(String, CoAPFormatError)])
    func malformedDatagramsAreRefused(hex: String, error: CoAPFormatError) {
        #expect(throws: error) { try decoded(hex) }
    }

    /// 13 and 14 announce the tokens of RFC 8974, which are not taken.
    @Test(.requirement("COAP-0004", "COAP-0045"), arguments: 9...15)
    func tokenLengthsAboveEightAreRefused(length: Int) {
        let datagram: [UInt8] = [0x40 | UInt8(length), 1, 0, 1] + [UInt8](repeating: 7, count: 20)
        #expect(throws: CoAPFormatError.reservedTokenLength) { try DatagramCodec.decode(datagram.span) }
        #expect(DatagramCodec.prefix(of: datagram.span)?.messageID == MessageID(rawValue: 1))
    }

    @Test(.requirement("COAP-0019", "COAP-0018"))
    func randomMessagesComeBack() throws {
        let seed: UInt64 = 7252
        var random = SeededGenerator(seed: seed)
        for _ in 0..<3_000 {
            let (header, message) = randomMessage(&random)
            var bytes: [UInt8] = []
            DatagramCodec.encode(header, body: message.body.span, into: &bytes)
            let (again, offset) = try DatagramCodec.decode(bytes.span)
            #expect(again == header, "seed \(seed)")
            let body = bytes.span.extracting(droppingFirst: offset)
            #expect(try Message(code: again.code, body: body) == message, "seed \(seed)")
            #expect(message.bodyLength == body.count)
        }
    }

    @Test(.requirement("COAP-0018"))
    func everyStrictPrefixOfAMessageFailsOrIsAShorterMessage() throws {
        var options = Options()
        options.uriPath = ["gp", "lights"]
        options.append(.echo, Array(repeating: 9, count: 20))
        options.append(.requestTag, Array(repeating: 8, count: 300))
        let message = Message(code: .post, options: options, payload: [1, 2, 3])
        let header = DatagramHeader(
            type: .confirmable, code: .post, messageID: MessageID(rawValue: 1), token: Token(0x0102_0304_0506_0708))
        var bytes: [UInt8] = []
        DatagramCodec.encode(header, body: message.body.span, into: &bytes)
        var shorterMessages = 0
        for length in 0..<bytes.count {
            let prefix = Array(bytes[..<length])
            do {
                let (_, offset) = try DatagramCodec.decode(prefix.span)
                let body = prefix.span.extracting(droppingFirst: offset)
                try DatagramCodec.checkBody(body)
                #expect(try Message(code: .post, body: body) != message)
                shorterMessages += 1
            } catch {
                continue
            }
        }
        // After the token, after each of the four options, and after the first and second byte of the payload.
        #expect(shorterMessages == 7)
    }

    @Test(.requirement("COAP-0018"))
    func randomBytesNeverTrap() {
        var random = SeededGenerator(seed: 1)
        var accepted = 0
        for _ in 0..<50_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if !bytes.isEmpty { bytes[0] = 0x40 | bytes[0] & 0x3f }
            guard let (header, offset) = try? DatagramCodec.decode(bytes.span) else { continue }
            let body = bytes.span.extracting(droppingFirst: offset)
            guard let message = try? Message(code: header.code, body: body) else { continue }
            accepted += 1
            // The encoding is unique, so what was accepted comes back to the byte.
            #expect(message.body == [UInt8](copying: body))
        }
        #expect(accepted > 100)
    }

    private func decoded(_ hex: String) throws -> (header: DatagramHeader, message: Message) {
        let bytes = try #require(Hex.decode(hex))
        let (header, offset) = try DatagramCodec.decode(bytes.span)
        return (header, try Message(code: header.code, body: bytes.span.extracting(droppingFirst: offset)))
    }
}

func randomMessage(_ random: inout SeededGenerator) -> (DatagramHeader, Message) {
    let bytes = { (count: Int, random: inout SeededGenerator) in
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
    var options = Options()
    for _ in 0..<Int.random(in: 0...20, using: &random) {
        let number = OptionNumber(
            rawValue: Bool.random(using: &random)
                ? .random(in: 0...40, using: &random) : .random(in: 0...65535, using: &random))
        let count = [0, 1, 12, 13, 268, 269, 400].randomElement(using: &random) ?? 0
        options.append(number, bytes(count, &random))
    }
    let code = Code(rawValue: .random(in: 1...255, using: &random))
    let token = Token(bytes(.random(in: 0...8, using: &random), &random)) ?? .empty
    let header = DatagramHeader(
        type: MessageType.allCases.randomElement(using: &random) ?? .confirmable, code: code,
        messageID: MessageID(rawValue: .random(in: 0...65535, using: &random)), token: token)
    return (header, Message(code: code, options: options, payload: bytes(.random(in: 0...64, using: &random), &random)))
}
