import Bytes

/// The OSCORE header field of HTTP: the option value in base64url, without padding (RFC 8613 §11.1 to §11.3).
public enum HTTPHeaderField: Sendable {
    // OSC-0100
    /// The value of the header field for an option value of at most 255 bytes.
    public static func encode(_ optionValue: Span<UInt8>) -> String {
        // An empty field would be no field: a zero byte stands for nothing, which no option value has alone.
        guard !optionValue.isEmpty else { return empty }
        var text = ""
        var bits: UInt32 = 0
        var count = 0
        for index in optionValue.indices {
            bits = bits << 8 | UInt32(optionValue[index])
            count += 8
            while count >= 6 {
                count -= 6
                append(bits >> UInt32(count), to: &text)
            }
        }
        if count > 0 { append(bits << UInt32(6 - count), to: &text) }
        return text
    }

    // OSC-0099, OSC-0101
    /// The option value behind a header field; `nil` unless it is exactly what ``encode(_:)`` makes of it.
    public static func decode(_ text: String) -> [UInt8]? {
        guard text != empty else { return [] }
        var value: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text.utf8 {
            guard let digit = digit(character), value.count <= OSCOREOption.maximumCount else { return nil }
            bits = (bits << 6 | digit) & 0xfff
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            value.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        // A length of 1 modulo 4, bits that are left over, and the two zero values fall out here.
        guard !value.isEmpty, value.count <= OSCOREOption.maximumCount, encode(value.span) == text else { return nil }
        return value
    }

    private static let empty = "AA"
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func append(_ digit: UInt32, to text: inout String) {
        text.unicodeScalars.append(Unicode.Scalar(alphabet[Int(digit & 0x3f)]))
    }

    private static func digit(_ character: UInt8) -> UInt32? {
        alphabet.firstIndex(of: character).map { UInt32(truncatingIfNeeded: $0) }
    }
}
