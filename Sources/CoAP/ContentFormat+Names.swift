extension ContentFormat {
    /// Finds a format by what people write: its number, its media type, or for `application/…` the rest alone: `60`,
    /// `application/cbor`, `cbor`. Case and blanks do not count.
    ///
    /// - Returns: `nil` for a number over 65535 and for a name that is not known here.
    public init?(name: String) {
        let text = name.lowercased().filter { $0 != " " }
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            guard let number = UInt16(text) else { return nil }
            self.init(rawValue: number)
            return
        }
        let known = Self.mediaTypes.first { $0.value == text || $0.value == "application/\(text)" }
        guard let number = known?.key ?? (text == "text/plain;charset=utf-8" ? 0 : nil) else { return nil }
        self.init(rawValue: number)
    }

    /// The media type without parameters, or the number if it is not known here; ``init(name:)`` reads it back.
    public var name: String { Self.mediaTypes[rawValue] ?? String(rawValue) }

    /// The media type in the registry, or `application/coap-payload;cf=N` for a number unknown here (RFC 8075 §6.2).
    public var mediaType: String {
        if self == .textPlain { return "text/plain;charset=utf-8" }
        return Self.mediaTypes[rawValue] ?? "application/coap-payload;cf=\(rawValue)"
    }

    /// What people meet of the registry of RFC 7252 §12.3. Formats that differ in parameters or in a coding only are left
    /// out: their numbers can be used.
    private static let mediaTypes: [UInt16: String] = [
        0: "text/plain", 19: "application/ace+cbor", 21: "image/gif", 22: "image/jpeg", 23: "image/png",
        40: "application/link-format", 41: "application/xml", 42: "application/octet-stream", 47: "application/exi",
        50: "application/json", 51: "application/json-patch+json", 52: "application/merge-patch+json",
        60: "application/cbor", 61: "application/cwt", 62: "application/multipart-core", 63: "application/cbor-seq",
        101: "application/cose-key", 102: "application/cose-key-set", 110: "application/senml+json",
        111: "application/sensml+json", 112: "application/senml+cbor", 113: "application/sensml+cbor",
        114: "application/senml-exi", 115: "application/sensml-exi", 256: "application/coap-group+json",
        257: "application/concise-problem-details+cbor", 261: "application/ace-groupcomm+cbor",
        310: "application/senml+xml", 311: "application/sensml+xml", 320: "application/senml-etch+json",
        322: "application/senml-etch+cbor", 10001: "application/oscore",
    ]
}
