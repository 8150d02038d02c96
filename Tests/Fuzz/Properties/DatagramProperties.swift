import Bytes
import CoAP

/// What holds for the datagram codec and the options.
enum DatagramProperties {
    /// The encoding of a message is unique, so whatever is accepted comes back byte for byte.
    static func check(_ input: Span<UInt8>) throws(Violation) {
        let decoded: (header: DatagramHeader, bodyOffset: Int)
        do throws(CoAPFormatError) {
            decoded = try DatagramCodec.decode(input)
        } catch {
            try hold(error != .unsupportedVersion || DatagramCodec.prefix(of: input) == nil, "no prefix of a stranger")
            return
        }
        let header = decoded.header
        try hold(header.encodedLength == decoded.bodyOffset, "the body follows header and token")
        try hold(DatagramCodec.prefix(of: input)?.messageID == header.messageID, "prefix and header agree")
        let body = input.extracting(droppingFirst: decoded.bodyOffset)
        let message = try? Message(code: header.code, body: body)
        try hold(((try? DatagramCodec.checkBody(body)) != nil) == (message != nil), "checking and reading agree")
        guard let message else { return }
        var again: [UInt8] = []
        DatagramCodec.encode(header, body: message.body.span, into: &again)
        try hold(again == [UInt8](copying: input), "a datagram comes back byte for byte")
        try hold(message.bodyLength == body.count, "the length is known without encoding")
        try checkOptions(message)
    }

    private static func checkOptions(_ message: Message) throws(Violation) {
        var rebuilt = Options()
        var previous = OptionNumber(rawValue: 0)
        var isAscending = true
        message.options.forEach { number, value in
            isAscending = isAscending && previous <= number
            previous = number
            rebuilt.append(number, [UInt8](copying: value))
        }
        try hold(isAscending, "options ascend")
        try hold(rebuilt == message.options, "options added one by one are the same options")
        let unprocessable = message.options.firstUnprocessableOption(understood: [.uriPath, .oscore, .accept])
        let isOfALocation = unprocessable != nil && unprocessable == message.options.firstUnsupportedLocation
        try hold(
            unprocessable?.isCritical ?? true || isOfALocation,
            "of the elective options only parts of a location make a message unprocessable")
    }
}
