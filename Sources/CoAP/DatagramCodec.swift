public import Bytes

/// What stands before the options of a datagram: header and token (RFC 7252 §3).
public struct DatagramHeader: Hashable, Sendable {
    /// Confirmable, non-confirmable, acknowledgement or reset.
    public var type: MessageType
    /// Method, response code or 0.00.
    public var code: Code
    /// Pairs acknowledgements with messages and reveals duplicates.
    public var messageID: MessageID
    /// Pairs responses with requests; empty for 0.00.
    public var token: Token

    /// Creates a header.
    public init(type: MessageType, code: Code, messageID: MessageID, token: Token = .empty) {
        self.type = type
        self.code = code
        self.messageID = messageID
        self.token = token
    }

    /// How many bytes header and token take, 4 to 12.
    public var encodedLength: Int { 4 + token.count }
}

/// The framing of CoAP messages in datagrams (RFC 7252 §3).
public enum DatagramCodec: Sendable {
    /// Reads header and token. The options are not looked at: see ``checkBody(_:)``.
    ///
    /// - Returns: The header and where the options begin.
    /// - Throws: ``CoAPFormatError/truncatedHeader`` for fewer than four bytes; ``CoAPFormatError/unsupportedVersion``
    ///   for another version than 1; ``CoAPFormatError/reservedTokenLength`` for a length over 8;
    ///   ``CoAPFormatError/contentInEmptyMessage`` for Code 0.00 with anything behind it;
    ///   ``CoAPFormatError/truncatedToken`` if the datagram ends within the token.
    public static func decode(
        _ datagram: Span<UInt8>
    ) throws(CoAPFormatError) -> (header: DatagramHeader, bodyOffset: Int) {
        guard datagram.count >= 4 else { throw .truncatedHeader }
        // COAP-0002
        guard let prefix = prefix(of: datagram) else { throw .unsupportedVersion }
        let tokenLength = Int(datagram[0] & 0x0f)
        // COAP-0004, and COAP-0005 by choice: tokens of RFC 8974, with a length of 13 or 14, are for clients that keep no
        // state, which gosc is not. So these lengths stay an error, which tells such a client to do without.
        guard tokenLength <= 8 else { throw .reservedTokenLength }
        let code = Code(rawValue: datagram[1])
        // COAP-0009
        if code.isEmpty, datagram.count != 4 || tokenLength != 0 { throw .contentInEmptyMessage }
        guard datagram.count >= 4 + tokenLength,
            let token = Token(datagram.extracting(4..<4 + tokenLength))
        else { throw .truncatedToken }
        #if GOSC_PLANTED_TRAP
            PlantedTrap.datagramCodec.spring(if: tokenLength == 5, code == .fetch, prefix.type == .reset)
        #endif
        return (
            DatagramHeader(type: prefix.type, code: code, messageID: prefix.messageID, token: token), 4 + tokenLength
        )
    }

    /// Type and Message ID of a datagram that may be malformed otherwise, which is what rejecting it takes.
    ///
    /// - Returns: `nil` for fewer than four bytes or another version: such a datagram is ignored.
    public static func prefix(of datagram: Span<UInt8>) -> (type: MessageType, messageID: MessageID)? {
        guard datagram.count >= 4, datagram[0] >> 6 == 1,
            let type = MessageType(rawValue: datagram[0] >> 4 & 0x03)
        else { return nil }
        return (type, MessageID(rawValue: UInt16(datagram[2]) << 8 | UInt16(datagram[3])))
    }

    /// Checks the format of `options | [ff | payload]`; what the options mean is not looked at.
    ///
    /// - Throws: What ``OptionReader/advance()`` throws.
    public static func checkBody(_ body: Span<UInt8>) throws(CoAPFormatError) {
        var reader = OptionReader(body)
        while try reader.advance() {}
    }

    /// Appends a datagram.
    ///
    /// - Parameters:
    ///   - header: Type, code, Message ID and token.
    ///   - body: `options | [ff | payload]`; empty if the code is 0.00.
    ///   - sink: Receives `header.encodedLength + body.count` bytes.
    @inlinable
    @_lifetime(sink: copy sink)
    public static func encode(
        _ header: DatagramHeader, body: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        // COAP-0001
        sink.append(0x40 | header.type.rawValue << 4 | UInt8(truncatingIfNeeded: header.token.count))
        sink.append(header.code.rawValue)
        sink.append(UInt8(truncatingIfNeeded: header.messageID.rawValue >> 8))
        sink.append(UInt8(truncatingIfNeeded: header.messageID.rawValue))
        header.token.write(into: &sink)
        sink.append(copying: body)
    }
}
