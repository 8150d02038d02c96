/// A path whose segments are compared byte by byte, as CoAP wants it (RFC 7252 §6.3), and not as Swift compares texts, to
/// which "\u{e9}" and "e\u{301}" are the same.
internal struct ExactPath: Hashable, Sendable {
    let segments: [String]

    init(_ segments: [String]) {
        self.segments = segments
    }

    static func == (left: Self, right: Self) -> Bool {
        left.segments.count == right.segments.count
            && zip(left.segments, right.segments).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    func hash(into hasher: inout Hasher) {
        for segment in segments { ExactText(segment).hash(into: &hasher) }
    }
}

/// A text that is compared byte by byte.
internal struct ExactText: Hashable, Sendable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        // Is in no UTF-8.
        hasher.combine(0xff as UInt8)
    }
}
