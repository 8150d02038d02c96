import CoAP
import CoAPEngine

/// A body and its format, as a client has left it.
struct Representation: Hashable, Sendable {
    var format: ContentFormat
    var body: [UInt8]

    init(_ format: ContentFormat, _ body: [UInt8]) {
        self.format = format
        self.body = body
    }

    init(_ text: String) {
        self.init(.textPlain, Array(text.utf8))
    }

    /// Changes with the content: FNV-1a, 32 bits.
    var eTag: [UInt8] {
        let hash = body.reduce(into: UInt32(0x811C_9DC5)) { $0 = ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return (0..<4).map { UInt8(truncatingIfNeeded: hash >> (24 - 8 * $0)) }
    }

    /// 2.05, without ETag.
    var content: ResourceResponse { ResourceResponse(.content, format, body) }
}
