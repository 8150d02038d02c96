import CBOR
import CoAP
import CoAPEngine

/// A response as a command shows it.
struct ResponseReport: Encodable, Described {
    /// Such as `2.05`.
    let code: String
    /// Such as `Content`.
    let meaning: String
    let source: String
    let latencyMs: Double
    let contentFormat: String?
    let maxAge: UInt32?
    let etag: String?
    let observe: UInt32?
    /// Of the created resource.
    let location: String?
    /// The length of the body in bytes.
    let length: Int
    /// The body as text: CBOR in diagnostic notation, text as it is; `nil` for other bytes.
    let payload: String?
    /// The body in hexadecimal, if it is not text.
    let payloadHex: String?

    init(_ response: ClientResponse) {
        let options = response.message.options
        code = response.message.code.description
        meaning = response.message.code.meaning
        source = response.source.description
        let (seconds, attoseconds) = response.latency.components
        let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
        latencyMs = (milliseconds * 100).rounded() / 100
        contentFormat = options.contentFormat.map(\.name)
        maxAge = options.maxAge
        etag = options.eTag.map { Self.hex($0) }
        observe = options.observe
        location = Self.location(options)
        let body = response.message.payload
        length = body.count
        payload = PayloadText.text(body, options.contentFormat)
        payloadHex = payload == nil ? Self.hex(body) : nil
    }

    var lines: [(name: String, value: String)] {
        var lines = [("code", "\(code) \(meaning)"), ("from", source), ("after", "\(latencyMs) ms")]
        if let contentFormat { lines.append(("format", contentFormat)) }
        if let etag { lines.append(("ETag", etag)) }
        if let maxAge { lines.append(("Max-Age", "\(maxAge)")) }
        if let location { lines.append(("location", location)) }
        return lines
    }

    private static func location(_ options: Options) -> String? {
        let (path, query) = (options.locationPath, options.locationQuery)
        guard !path.isEmpty || !query.isEmpty else { return nil }
        return "/" + path.joined(separator: "/") + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Bodies for people.
enum PayloadText {
    /// A body as text; `nil` if it is none.
    static func text(_ body: [UInt8], _ format: ContentFormat?) -> String? {
        if let format, format.isCBOR, let value = try? CBORValue(decoding: body.span) { return value.diagnostic }
        guard let text = String(validating: body, as: UTF8.self) else { return nil }
        return text
    }
}
