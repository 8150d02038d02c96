import Bytes
import CoAP
import OSCORE

/// The Request-Hash option around a protected message (draft-ietf-core-cacheable-oscore §3.3).
enum RequestHashOption {
    // CACH-0013: `ed 0117 13 | H` for a hash of 32 bytes.
    /// What stands in the `options` element of the `aad_array` of a response, whether or not the option travels.
    static func classIOptions(_ requestHash: [UInt8]) -> [UInt8] {
        var options: [UInt8] = []
        var writer = OptionWriter()
        writer.write(.requestHash, requestHash.span, into: &options)
        return options
    }

    /// The value of the first option among `body`, copied; `nil` if there is none. A second one is ignored, as RFC 7252
    /// §5.4.5 has it for an elective option.
    static func value(in body: Span<UInt8>) -> [UInt8]? {
        var reader = OptionReader(body)
        while (try? reader.advance()) == true {
            if reader.number == .requestHash { return [UInt8](copying: reader.value) }
        }
        return nil
    }

    /// The value, if it is as long as a hash of one of the algorithms; a stranger decides about it.
    static func plausibleValue(in body: Span<UInt8>) -> [UInt8]? {
        var reader = OptionReader(body)
        while (try? reader.advance()) == true {
            guard reader.number == .requestHash else { continue }
            return hashLengths.contains(reader.value.count) ? [UInt8](copying: reader.value) : nil
        }
        return nil
    }

    private static let hashLengths = [32, 48, 64]

    /// Whether `body` has an outer Observe option.
    static func observes(_ body: Span<UInt8>) -> Bool {
        var reader = OptionReader(body)
        while (try? reader.advance()) == true {
            if reader.number == .observe { return true }
        }
        return false
    }

    /// A body without its Request-Hash options and, if asked, without Observe.
    ///
    /// - Returns: `nil` if the body is malformed.
    static func removed(from body: Span<UInt8>, andObserve removesObserve: Bool = false) -> [UInt8]? {
        var rest: [UInt8] = []
        var reader = OptionReader(body)
        var writer = OptionWriter()
        do {
            while try reader.advance() {
                if reader.number == .requestHash || removesObserve && reader.number == .observe { continue }
                writer.write(reader.number, reader.value, into: &rest)
            }
        } catch {
            return nil
        }
        writer.writePayload(reader.payload, into: &rest)
        return rest
    }

    /// Appends a well-formed body that has no Request-Hash option, and puts one in its place.
    static func writeRestored(
        _ requestHash: [UInt8], in body: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        var reader = OptionReader(body)
        var writer = OptionWriter()
        var isWritten = false
        while (try? reader.advance()) == true {
            if !isWritten, reader.number > .requestHash {
                writer.write(.requestHash, requestHash.span, into: &sink)
                isWritten = true
            }
            writer.write(reader.number, reader.value, into: &sink)
        }
        if !isWritten { writer.write(.requestHash, requestHash.span, into: &sink) }
        writer.writePayload(reader.payload, into: &sink)
    }

    /// The most bytes that the option takes: head and the longest hash.
    static let maximumLength = 5 + 64
}
