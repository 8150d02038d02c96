/// The names that an operator gives to groups and nodes.
public enum Names: Sendable {
    /// Whether a text is a name: 1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen.
    ///
    /// Narrower than RFC 9594 demands (a URI path segment, GM-0169), so that a name is also a file name, a host label and
    /// a word in a shell; `.`, `..` and the empty text are excluded with it (GM-0170).
    public static func isValid(_ name: String) -> Bool {
        let characters = name.utf8
        guard (1...63).contains(characters.count), characters.first != UInt8(ascii: "-") else { return false }
        return characters.allSatisfy { character in
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }

    /// Whether a text may name a group: a name, and not `nosec`.
    public static func isValidForGroup(_ name: String) -> Bool {
        // COAP-0123: NoSec, in any case, is how the URI of a group says that it has no security (RFC 10020 §2.2.1.3).
        isValid(name) && name != "nosec"
    }
}
