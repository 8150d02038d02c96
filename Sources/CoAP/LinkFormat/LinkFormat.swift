/// The format of lists of links, `application/link-format` (RFC 6690 §2), and what is taken of it.
public enum LinkFormat: Sendable {
    // What a stranger sends is bounded, whatever it claims to serve.

    /// The longest text that is read, in bytes.
    public static let maximumLength = 65_535
    /// How many links are read at most.
    public static let maximumLinkCount = 1_024
    /// How many attributes a link may have.
    public static let maximumAttributeCount = 64
}

/// Why bytes are not a list of links. Carries none of them.
public enum LinkFormatError: Error, Hashable, Sendable {
    /// Over ``LinkFormat/maximumLength``.
    case tooLong
    /// Over ``LinkFormat/maximumLinkCount``.
    case tooManyLinks
    /// A link with more than ``LinkFormat/maximumAttributeCount``.
    case tooManyAttributes
    /// No `<` where a link begins, or no `>` where its target ends.
    case missingTarget
    /// A target with a character that URIs do not have, or `%` without two digits.
    case invalidTarget
    /// A name of no character, or with one that names do not have.
    case invalidName
    /// Nothing after `=`, or a character that has to be quoted.
    case invalidValue
    /// No quotation mark at the end of a value, or a control character in it.
    case unclosedQuotation
    /// A value that is not UTF-8.
    case invalidText
    /// Something else than `,` or `;` after a link or an attribute.
    case missingSeparator
}

/// Which characters stand where (RFC 6690 §2, RFC 3986 §2, RFC 8187 §3.2.1).
internal enum LinkCharacters: Sendable {
    /// Of a URI reference, `%` among them.
    static func isURI(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "-._~:/?#[]@!$&'()*+,;=%".utf8.contains(byte)
    }

    /// Of the name of an attribute.
    static func isName(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$&+-.^_`|~".utf8.contains(byte)
    }

    /// Of a value without quotes.
    static func isToken(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && !"\",;\\".utf8.contains(byte)
    }

    static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }

    /// Whether the text can be the name of an attribute; a star marks an extended value.
    static func isName(_ text: String) -> Bool {
        let stem = text.utf8.last == UInt8(ascii: "*") ? text.utf8.dropLast() : text.utf8[...]
        return !stem.isEmpty && stem.allSatisfy { isName($0) }
    }

    /// Links have these once; what comes later is ignored (RFC 8288 §3.4.1, RFC 6690 §3, RFC 7252 §7.2.1).
    static let onceNames: Set<String> = [
        "rel", "anchor", "rev", "media", "title", "title*", "type", "rt", "if", "sz", "ct", "obs", "osc", "gosc",
    ]

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
