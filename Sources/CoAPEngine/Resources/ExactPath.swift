internal import Bytes
internal import CoAP

/// A path whose segments are compared byte by byte, as CoAP wants it (RFC 7252 §6.3), and not as Swift compares texts, to
/// which "\u{e9}" and "e\u{301}" are the same.
internal struct ExactPath: Hashable, Sendable {
    /// Each segment behind its length.
    private var bytes: [UInt8] = []

    init(_ segments: [String]) {
        for segment in segments { append(segment.utf8) }
    }

    /// The path of a request.
    init(of options: Options) {
        bytes.reserveCapacity(options.encoded.count + 8)
        options.forEach { number, value in
            guard number == .uriPath else { return }
            appendLength(value.count)
            bytes.append(copying: value)
        }
    }

    private mutating func append(_ segment: String.UTF8View) {
        appendLength(segment.count)
        bytes.append(contentsOf: segment)
    }

    /// Segments of requests have at most 255 bytes; no other is as long as two of these.
    private mutating func appendLength(_ length: Int) {
        bytes.append(UInt8(truncatingIfNeeded: length >> 8))
        bytes.append(UInt8(truncatingIfNeeded: length))
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
        hasher.combine(text)
    }
}
