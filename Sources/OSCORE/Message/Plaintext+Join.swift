public import Bytes
public import CoAP

/// What a decrypted message says of itself.
package struct JoinedMessage: Sendable {
    /// The Code that its sender gave it.
    package let code: Code
    /// Whether there is an inner Observe option.
    package let hasObserve: Bool
    /// What a request wants with its inner Observe option.
    package let observe: ObserveRequest?
}

extension Plaintext {
    // OSC-0078, OSC-0083, OSC-0088: outer Class E options and the outer Code are discarded, the OSCORE option goes.
    /// Appends the body of the message that was protected: Class U options from outside, all else from the plaintext.
    ///
    /// Never longer than both inputs together.
    ///
    /// - Returns: The Code of the message, or `nil` if the plaintext is not a message.
    public static func writeJoined(
        plaintext: Span<UInt8>, outer: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) -> Code? {
        join(plaintext: plaintext, outer: outer, hasOuter: true, into: &sink)?.code
    }

    /// Appends the body of the message that was protected.
    ///
    /// - Parameter hasOuter: False if `outer` is known to have nothing that counts.
    /// - Returns: What the message says of itself, or `nil` if the plaintext is not a message; what was appended until
    ///   then stays.
    @inline(__always)
    package static func join(
        plaintext: Span<UInt8>, outer: Span<UInt8>, hasOuter: Bool,
        into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) -> JoinedMessage? {
        guard let joined = inspect(plaintext) else { return nil }
        let inner = plaintext.extracting(droppingFirst: 1)
        guard hasOuter else {
            sink.append(copying: inner)
            return joined
        }
        return merge(inner, outer, into: &sink) ? joined : nil
    }

    /// What a plaintext says of itself, or `nil` if it is not a message.
    @inline(__always)
    static func inspect(_ plaintext: Span<UInt8>) -> JoinedMessage? {
        guard !plaintext.isEmpty else { return nil }
        #if GOSC_PLANTED_TRAP
            PlantedTrap.plaintext.spring(
                if: plaintext[0] == Code.fetch.rawValue, plaintext.count > 8,
                plaintext.count > 8 && plaintext[8] == 0x2a)
        #endif
        // OSC-0051: the outer Code is not looked at.
        let code = Code(rawValue: plaintext[0])
        var reader = OptionReader(plaintext.extracting(droppingFirst: 1))
        var hasObserve = false
        var observe: ObserveRequest?
        do {
            while try reader.advance() {
                let number = reader.number.rawValue
                // OSC-0049
                guard number != OptionNumber.oscore.rawValue else { return nil }
                guard number == OptionNumber.observe.rawValue else { continue }
                hasObserve = true
                observe = ObserveRequest(reader.value)
            }
        } catch {
            return nil
        }
        return JoinedMessage(code: code, hasObserve: hasObserve, observe: observe)
    }

    private static func merge(
        _ inner: Span<UInt8>, _ outer: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) -> Bool {
        var inner = OptionReader(inner)
        var outer = OptionReader(outer)
        var writer = OptionWriter()
        do {
            var hasInner = try inner.advance()
            var hasOuter = try advanceToUnprotected(&outer)
            while hasInner || hasOuter {
                if hasInner, !hasOuter || inner.number <= outer.number {
                    writer.write(inner.number, inner.value, into: &sink)
                    hasInner = try inner.advance()
                } else {
                    writer.write(outer.number, outer.value, into: &sink)
                    hasOuter = try advanceToUnprotected(&outer)
                }
            }
        } catch {
            return false
        }
        writer.writePayload(inner.payload, into: &sink)
        return true
    }

    private static func advanceToUnprotected(_ reader: inout OptionReader) throws(CoAPFormatError) -> Bool {
        while try reader.advance() {
            if OptionClass(reader.number).countsOutside, reader.number != .oscore { return true }
        }
        return false
    }
}
