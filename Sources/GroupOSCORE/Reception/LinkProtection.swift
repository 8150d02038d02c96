/// How a linked resource is protected, as its target attributes `osc` and `gosc` say (RFC 8613 §9, RFC 10021 §11).
///
/// A hint for the client; what the server insists on does not depend on it.
public enum LinkProtection: Hashable, Sendable {
    /// Neither attribute.
    case unstated
    // OSC-0093
    /// `osc`: reached with OSCORE only.
    case oscore
    // GOSC-0288
    /// `gosc`: reached with Group OSCORE or OSCORE only.
    case groupOSCORE

    /// What is appended to the link, semicolons included.
    public var targetAttributes: String {
        switch self {
        case .unstated: ""
        case .oscore: ";osc"
        // GOSC-0290: who does not know `gosc` sees `osc`.
        case .groupOSCORE: ";gosc;osc"
        }
    }

    /// Reads the attributes of one link of the CoRE Link Format (RFC 6690).
    ///
    /// - Parameter targetAttributes: What follows `<target>` up to the comma before the next link, or several
    ///   attributes without a leading semicolon. Anything is accepted; text in quotes is never taken for an attribute.
    public init(targetAttributes: String) {
        var protection = Self.unstated
        for name in AttributeNames(text: Array(targetAttributes.utf8)[...]) {
            // GOSC-0289: a value and further occurrences change nothing.
            if name.elementsEqual("gosc".utf8) { protection = .groupOSCORE }
            // GOSC-0290: beside `gosc` it says nothing more.
            if name.elementsEqual("osc".utf8), protection == .unstated { protection = .oscore }
        }
        self = protection
    }
}

/// The names of link attributes, one after the other.
private struct AttributeNames: Sequence, IteratorProtocol {
    var text: ArraySlice<UInt8>

    mutating func next() -> ArraySlice<UInt8>? {
        guard !text.isEmpty else { return nil }
        let attribute = text.prefix(attributeLength)
        text = text.dropFirst(attribute.count + 1)
        let name = attribute.prefix { $0 != UInt8(ascii: "=") }
        let start = name.firstIndex { $0 != UInt8(ascii: " ") } ?? name.endIndex
        let end = name.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? start
        return name[start..<end]
    }

    /// Up to the semicolon, which does not count within quotes.
    private var attributeLength: Int {
        var isQuoted = false
        var isEscaped = false
        for (length, byte) in text.enumerated() {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isQuoted: isEscaped = true
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ";") where !isQuoted: return length
            default: break
            }
        }
        return text.count
    }
}
