import Bytes
import CBOR
import CoAP
import CoAPEngine
import OSCORE

/// A response as a command shows it.
struct ResponseReport: Encodable, Described {
    /// Such as `2.05`.
    let code: String
    /// Such as `Content`.
    let meaning: String
    let source: String
    /// Who has sent it, as the protection says; `nil` for plain CoAP.
    let senderID: String?
    /// How it was protected: `group`, `pairwise` or `oscore`; `nil` for plain CoAP.
    let mode: String?
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

    /// - Parameter member: In whose name the request was made; `nil` for plain CoAP.
    init(_ response: ClientResponse, to member: ActingMember? = nil) {
        let options = response.message.options
        code = response.message.code.description
        meaning = response.message.code.meaning
        source = response.source.description
        senderID = member?.sender(of: response)?.description
        mode = response.security.mode
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

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension MessageSecurity {
    /// The name of the mode; `nil` for none.
    var mode: String? {
        switch self {
        case .none: nil
        case .oscore: "oscore"
        case .groupMode: "group"
        case .pairwiseMode: "pairwise"
        }
    }
}

extension ResponseReport {
    /// The response without its body, in one line.
    var summary: String {
        var text = "\(code) \(meaning)"
        if let location { text += ", location \(location)" }
        if let etag { text += ", ETag \(etag)" }
        return text
    }
}

/// Bodies for people.
enum PayloadText {
    /// A body as text; `nil` if it is none.
    static func text(_ body: [UInt8], _ format: ContentFormat?) -> String? {
        if let format, format.isCBOR, let value = try? CBORValue(decoding: body.span) { return value.diagnostic }
        // Bytes are bytes, also where they happen to be UTF-8: a download must come out as it is.
        guard format != .octetStream else { return nil }
        return String(validating: body, as: UTF8.self)
    }

    /// Writes a body to standard output.
    static func show(_ message: Message) throws(CommandFailure) {
        let isTerminal = StandardStream.output.isTerminal
        try StandardStream.output.write(shown(message.payload, message.options.contentFormat, onTerminal: isTerminal))
    }

    /// A body as it is written: text with a line end, other bytes as they are. On a terminal bytes are in hexadecimal, and
    /// text cannot steer it: what others have sent is shown to a person, not obeyed.
    static func shown(_ body: [UInt8], _ format: ContentFormat?, onTerminal: Bool) -> [UInt8] {
        guard !body.isEmpty else { return [] }
        guard let text = text(body, format) else {
            return onTerminal ? Array("0x\(ResponseReport.hex(body))\n".utf8) : body
        }
        let shown = onTerminal ? text.printableLines : text
        return Array((shown.hasSuffix("\n") ? shown : shown + "\n").utf8)
    }
}

extension ContentFormat {
    /// Whether the body is one CBOR item.
    var isCBOR: Bool { name.hasSuffix("cbor") || self == .cbor }
}

extension String {
    /// Its lines and tabs, without anything else that could steer a terminal. A line may end with CR and LF.
    var printableLines: String {
        var lines = ""
        var scalars = unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\n", "\t": lines.unicodeScalars.append(scalar)
            case "\r" where scalars.first == "\n": break
            default: lines += String(scalar).printable
            }
        }
        return lines
    }
}
