import Bytes
import CBOR

/// What holds for the reader and the value tree of CBOR.
enum CBORProperties {
    /// Every verb on every input: none reads past the end, each that succeeds moves on.
    static func checkReader(_ input: Span<UInt8>) throws(Violation) {
        var reader = CBORReader(input)
        do {
            while let major = reader.nextMajorType {
                let before = reader.remaining
                try Self.read(major, from: &reader)
                try hold(reader.remaining < before, "every item has a byte")
            }
            try reader.finish()
        } catch let violation as Violation {
            throw violation
        } catch {
            // Refused: nothing more to hold.
        }
        try Self.checkSkipping(input)
    }

    private static func read(_ major: MajorType, from reader: inout CBORReader) throws(CBORError) {
        switch major {
        case .unsigned: _ = try reader.readUnsigned()
        case .negative: _ = try reader.readInteger()
        case .bytes: _ = try reader.readBytes()
        case .text: _ = try reader.readText()
        case .array: _ = try reader.readArrayHeader()
        case .map: _ = try reader.readMapHeader()
        case .tag: _ = try reader.readTag()
        case .simple: if reader.nextIsNull { try reader.readNull() } else { _ = try reader.readBool() }
        }
    }

    /// Skipping takes exactly what the tree takes; only the tree compares keys.
    private static func checkSkipping(_ input: Span<UInt8>) throws(Violation) {
        var skipping = CBORReader(input)
        var reading = CBORReader(input)
        let skipped = Result { () throws(CBORError) in try skipping.skipItem() }
        let read = Result { () throws(CBORError) in _ = try reading.readValue() }
        switch (skipped, read) {
        case (.success, .success):
            try hold(skipping.remaining == reading.remaining, "skipping and reading end at the same byte")
        case (_, .failure(.duplicateKey)): break
        case (.failure(let one), .failure(let other)): try hold(one == other, "\(one) or \(other)")
        default: throw Violation(property: "skipping and reading agree on what is well-formed")
        }
    }

    /// What was decoded is encoded to something that decodes to the same, and deterministic input comes back as it was.
    static func checkValue(_ input: Span<UInt8>) throws(Violation) {
        guard let value = try? CBORValue(decoding: input) else {
            try hold((try? CBORValue(decodingDeterministic: input)) == nil, "deterministic input is input")
            return
        }
        let encoded = value.encoded()
        try hold(encoded.count == input.count, "there is one length for an item, in any order of its keys")
        try hold((try? CBORValue(decodingDeterministic: encoded.span)) == value, "an encoding is deterministic")
        let isDeterministic = (try? CBORValue(decodingDeterministic: input)) != nil
        try hold(isDeterministic == (encoded == [UInt8](copying: input)), "deterministic means: encoded the same again")
        try hold(!value.diagnostic.isEmpty, "every value can be shown")
    }
}
