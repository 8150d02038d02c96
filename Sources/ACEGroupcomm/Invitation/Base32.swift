/// Base 32 of RFC 4648 §6: lower case, without padding.
enum Base32: Sendable {
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 8 + 4) / 5)
        var buffer: UInt16 = 0
        var bitCount = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt16(byte)
            bitCount += 8
            while bitCount >= 5 {
                bitCount -= 5
                text.append(alphabet[Int(buffer >> UInt16(bitCount)) & 0x1f])
            }
        }
        if bitCount > 0 {
            text.append(alphabet[Int(buffer << UInt16(5 - bitCount)) & 0x1f])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes upper and lower case and skips white space; `nil` at any other character.
    ///
    /// Bits that do not fill a byte are dropped: they carry nothing, and a checksum guards the rest.
    static func decode(_ text: Substring.UTF8View) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 5 / 8)
        var buffer: UInt16 = 0
        var bitCount = 0
        for character in text {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = character - UInt8(ascii: "a")
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = character - UInt8(ascii: "A")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): digit = character - UInt8(ascii: "2") + 26
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): continue
            default: return nil
            }
            buffer = buffer << 5 | UInt16(digit)
            bitCount += 5
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt16(bitCount)))
            }
        }
        return bytes
    }

    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
}
