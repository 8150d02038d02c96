import Bytes

extension LinkFormat {
    /// Writes a list of links in its one form, which ``decode(_:)`` reads back as long as it is within the limits.
    ///
    /// Values are quoted unless they are tokens, and always where the examples of RFC 6690 quote: `rt="g.light"`, but
    /// `ct=60`. What a URI cannot contain is percent-encoded in targets. Left out: an attribute whose name is none, and
    /// what repeats an attribute that a link has once.
    public static func encode(_ links: [Link]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, link) in links.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(link, into: &bytes)
        }
        return bytes
    }

    private static func write(_ link: Link, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "<"))
        writeTarget(Array(link.target.utf8), into: &bytes)
        bytes.append(UInt8(ascii: ">"))
        var names: Set<String> = []
        for attribute in link.attributes {
            let name = attribute.name.lowercased()
            let isFirst = names.insert(name).inserted
            // COAP-0218
            guard LinkCharacters.isName(name), isFirst || !LinkCharacters.onceNames.contains(name) else { continue }
            bytes.append(UInt8(ascii: ";"))
            bytes += name.utf8
            guard let value = attribute.value else { continue }
            bytes.append(UInt8(ascii: "="))
            write(value, isQuoted: quotedNames.contains(name), into: &bytes)
        }
    }

    private static func writeTarget(_ target: [UInt8], into bytes: inout [UInt8]) {
        for (index, byte) in target.enumerated() {
            let isSign = byte == UInt8(ascii: "%")
            let digits = String(decoding: target[(index + 1)...].prefix(2), as: UTF8.self)
            let isEncoded = isSign && digits.utf8.count == 2 && Hex.decode(digits) != nil
            if isEncoded || LinkCharacters.isURI(byte) && !isSign {
                bytes.append(byte)
            } else {
                bytes += ("%" + Hex.encode([byte]).uppercased()).utf8
            }
        }
    }

    private static func write(_ value: String, isQuoted: Bool, into bytes: inout [UInt8]) {
        // COAP-0222
        if !isQuoted, !value.isEmpty, value.utf8.allSatisfy({ LinkCharacters.isToken($0) }) {
            bytes += value.utf8
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || LinkCharacters.isControl(byte) {
                bytes.append(UInt8(ascii: "\\"))
            }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Quoted although a token would do; the grammar demands it of two.
    private static let quotedNames: Set<String> = ["title", "anchor", "rt", "if", "rel", "rev"]
}
