public import Bytes
public import CoAP

/// Splits a message into what is encrypted and what stays outside, and joins it again (RFC 8613 §5.3, §8).
///
/// A *body* is what follows the CoAP header and token: options, then 0xff and the payload if there is one.
public enum Plaintext: Sendable {
    // OSC-0019, OSC-0021, OSC-0050, OSC-0061
    /// Appends the plaintext: Code, inner options delta-encoded from 0, payload.
    ///
    /// Never longer than `body` plus one byte.
    ///
    /// - Returns: Whether the message has an Observe option.
    /// - Throws: ``ProtectionError/malformedMessage`` for options or a payload that are not well-formed;
    ///   ``ProtectionError/unsupportedOption`` for an OSCORE option, or a Proxy-Uri that ``ProxyURI/split(_:)`` did not
    ///   split.
    public static func writeInner(
        code: Code, body: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) throws(ProtectionError) -> Bool {
        let outline = try OptionOutline(body, isResponse: code.isResponse)
        try writeInner(code: code, body: body, outline: outline, into: &sink)
        return outline.hasObserve
    }

    /// Appends the plaintext of a message whose options were walked over before.
    package static func writeInner(
        code: Code, body: Span<UInt8>, outline: OptionOutline,
        into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) throws(ProtectionError) {
        sink.append(code.rawValue)
        guard !outline.isAllInside else {
            sink.append(copying: body)
            return
        }
        var reader = OptionReader(body)
        var writer = OptionWriter()
        while try advance(&reader) {
            guard OptionClass(reader.number).goesInside else { continue }
            if reader.number == .observe, code.isResponse {
                // OSC-0043: the order of notifications comes from their Partial IVs.
                writer.write(.observe, reader.value.extracting(first: 0), into: &sink)
            } else {
                writer.write(reader.number, reader.value, into: &sink)
            }
        }
        writer.writePayload(reader.payload, into: &sink)
    }

    /// Appends the outer options, the OSCORE option among them; no payload marker.
    ///
    /// Never longer than `body` and `optionValue` together plus four bytes.
    ///
    /// - Throws: ``ProtectionError/malformedMessage`` for options or a payload that are not well-formed.
    public static func writeOuter(
        body: Span<UInt8>, optionValue: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) throws(ProtectionError) {
        var reader = OptionReader(body)
        var writer = OptionWriter()
        var isWritten = false
        while try advance(&reader) {
            // OSC-0038, OSC-0033: Observe stands inside and outside.
            guard OptionClass(reader.number) == .unprotected || reader.number == .observe else { continue }
            if !isWritten, reader.number > .oscore {
                writer.write(.oscore, optionValue, into: &sink)
                isWritten = true
            }
            writer.write(reader.number, reader.value, into: &sink)
        }
        // OSC-0004
        if !isWritten { writer.write(.oscore, optionValue, into: &sink) }
    }

    @inline(__always)
    static func advance(_ reader: inout OptionReader) throws(ProtectionError) -> Bool {
        do {
            return try reader.advance()
        } catch {
            throw .malformedMessage
        }
    }
}
