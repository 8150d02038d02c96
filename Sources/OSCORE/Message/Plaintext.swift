public import Bytes
public import CoAP

/// Splits a message into what is encrypted and what stays outside, and joins it again (RFC 8613 §5.3, §8).
///
/// A *body* is what follows the CoAP header and token: options, then 0xff and the payload if there is one.
public enum Plaintext: Sendable {
    // OSC-0019, OSC-0021, OSC-0050
    /// Appends the plaintext: Code, Class E options delta-encoded from 0, payload.
    ///
    /// Never longer than `body` plus one byte.
    ///
    /// - Returns: Whether the message has an Observe option.
    public static func writeInner(
        code: Code, body: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) throws(ProtectionError) -> Bool {
        sink.append(code.rawValue)
        var reader = OptionReader(body)
        var writer = OptionWriter()
        var observes = false
        while try advance(&reader) {
            // OSC-0049: no nesting. OSC-0025: a Proxy-Uri must have been split before.
            guard reader.number != .oscore, reader.number != .proxyUri else { throw .unsupportedOption }
            if reader.number == .observe { observes = true }
            if OptionClass(reader.number) == .encrypted {
                writer.write(reader.number, reader.value, into: &sink)
            }
        }
        writer.writePayload(reader.payload, into: &sink)
        return observes
    }

    /// Appends the outer options, the OSCORE option among them; no payload marker.
    ///
    /// Never longer than `body` and `optionValue` together plus four bytes.
    public static func writeOuter(
        body: Span<UInt8>, optionValue: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) throws(ProtectionError) {
        var reader = OptionReader(body)
        var writer = OptionWriter()
        var isWritten = false
        while try advance(&reader) {
            // OSC-0038: Observe stands inside and outside.
            guard OptionClass(reader.number) == .unprotected || reader.number == .observe else { continue }
            if !isWritten, reader.number > .oscore {
                writer.write(.oscore, optionValue, into: &sink)
                isWritten = true
            }
            writer.write(reader.number, reader.value, into: &sink)
        }
        if !isWritten { writer.write(.oscore, optionValue, into: &sink) }
    }

    // OSC-0078, OSC-0083, OSC-0088: outer Class E options and the outer Code are discarded, the OSCORE option goes.
    /// Appends the body of the message that was protected: Class U options from outside, all else from the plaintext.
    ///
    /// Never longer than both inputs together.
    ///
    /// - Returns: The Code of the message, or `nil` if the plaintext is not a message.
    public static func writeJoined(
        plaintext: Span<UInt8>, outer: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) -> Code? {
        guard !plaintext.isEmpty else { return nil }
        #if GOSC_PLANTED_TRAP
            PlantedTrap.plaintext.spring(
                if: plaintext[0] == Code.fetch.rawValue, plaintext.count > 8,
                plaintext.count > 8 && plaintext[8] == 0x2a)
        #endif
        var inner = OptionReader(plaintext.extracting(droppingFirst: 1))
        var outer = OptionReader(outer)
        var writer = OptionWriter()
        do {
            var hasInner = try inner.advance()
            var hasOuter = try advanceToUnprotected(&outer)
            while hasInner || hasOuter {
                if hasInner, !hasOuter || inner.number <= outer.number {
                    guard inner.number != .oscore else { return nil }
                    writer.write(inner.number, inner.value, into: &sink)
                    hasInner = try inner.advance()
                } else {
                    writer.write(outer.number, outer.value, into: &sink)
                    hasOuter = try advanceToUnprotected(&outer)
                }
            }
        } catch {
            return nil
        }
        writer.writePayload(inner.payload, into: &sink)
        return Code(rawValue: plaintext[0])
    }

    private static func advance(_ reader: inout OptionReader) throws(ProtectionError) -> Bool {
        do {
            return try reader.advance()
        } catch {
            throw .malformedMessage
        }
    }

    private static func advanceToUnprotected(_ reader: inout OptionReader) throws(CoAPFormatError) -> Bool {
        while try reader.advance() {
            if OptionClass(reader.number) == .unprotected, reader.number != .oscore { return true }
        }
        return false
    }
}
