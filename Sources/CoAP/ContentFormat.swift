/// The format of a payload (RFC 7252 §12.3). Unknown numbers are kept.
public struct ContentFormat: Hashable, Sendable {
    /// The number in the registry, 0 to 65535.
    public let rawValue: UInt16

    /// Takes any number.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// `text/plain; charset=utf-8`.
    public static let textPlain = Self(rawValue: 0)
    /// `application/link-format`, RFC 6690.
    public static let linkFormat = Self(rawValue: 40)
    /// `application/octet-stream`.
    public static let octetStream = Self(rawValue: 42)
    /// `application/json`.
    public static let json = Self(rawValue: 50)
    /// `application/cbor`.
    public static let cbor = Self(rawValue: 60)
    /// `application/senml+cbor`, RFC 8428.
    public static let senmlCBOR = Self(rawValue: 112)
    /// `application/concise-problem-details+cbor`, RFC 9290.
    public static let problemDetails = Self(rawValue: 257)
    /// `application/ace-groupcomm+cbor`, RFC 9594.
    public static let aceGroupcomm = Self(rawValue: 261)
    /// `application/oscore`, RFC 8613.
    public static let oscore = Self(rawValue: 10001)
    /// `application/ace+cbor`, RFC 9200.
    public static let ace = Self(rawValue: 19)

    /// The media type in the registry, or `application/coap-payload;cf=N` for a number unknown here (RFC 8075 §6.2).
    public var mediaType: String {
        switch self {
        case .textPlain: "text/plain;charset=utf-8"
        case .ace: "application/ace+cbor"
        case .linkFormat: "application/link-format"
        case .octetStream: "application/octet-stream"
        case .json: "application/json"
        case .cbor: "application/cbor"
        case .senmlCBOR: "application/senml+cbor"
        case .problemDetails: "application/concise-problem-details+cbor"
        case .aceGroupcomm: "application/ace-groupcomm+cbor"
        case .oscore: "application/oscore"
        default: "application/coap-payload;cf=\(rawValue)"
        }
    }
}
