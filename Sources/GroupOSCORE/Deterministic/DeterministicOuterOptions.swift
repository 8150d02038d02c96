import Bytes
import CoAP
import OSCORE

/// The outer options of deterministic requests and of their responses. They differ from other messages: Observe does not
/// follow from the inner one, and Max-Age or Request-Hash join.
struct DeterministicOuterOptions {
    /// Whether the Observe option of the message stands outside too.
    var includesObserve = false
    /// In seconds; only in responses.
    var maxAge: UInt32?
    /// Only in requests: a response elides it.
    var requestHash: [UInt8]?

    /// Appends the outer options of a message.
    func write(
        body: Span<UInt8>, optionValue: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) throws(ProtectionError) {
        var reader = OptionReader(body)
        var writer = OptionWriter()
        var needs = (oscore: true, maxAge: maxAge != nil)
        var hasMore = true
        while hasMore {
            do {
                hasMore = try reader.advance()
            } catch {
                throw .malformedMessage
            }
            let isOutside =
                OptionClass(reader.number) == .unprotected || includesObserve && reader.number == .observe
            guard !hasMore || isOutside else { continue }
            if needs.oscore, !hasMore || reader.number > .oscore {
                writer.write(.oscore, optionValue, into: &sink)
                needs.oscore = false
            }
            if needs.maxAge, let maxAge, !hasMore || reader.number > .maxAge {
                writer.write(.maxAge, uint: UInt64(maxAge), into: &sink)
                needs.maxAge = false
            }
            if hasMore { writer.write(reader.number, reader.value, into: &sink) }
        }
        if let requestHash { writer.write(.requestHash, requestHash.span, into: &sink) }
    }

    /// What the outer options take beside the body and the option value.
    static let maximumExtra = 4 + 6 + RequestHashOption.maximumLength
}

extension Scratch {
    /// Fills with the outer options of a message.
    mutating func fillOuter(
        _ options: DeterministicOuterOptions, body: Span<UInt8>, optionValue: borrowing Scratch
    ) throws(ProtectionError) {
        let needed = body.count + optionValue.count + DeterministicOuterOptions.maximumExtra
        try fill(needed) { output throws(ProtectionError) in
            try options.write(body: body, optionValue: optionValue.bytes, into: &output)
        }
    }
}
