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
    /// `application/xml`.
    public static let xml = Self(rawValue: 41)
    /// `application/octet-stream`.
    public static let octetStream = Self(rawValue: 42)
    /// `application/json`.
    public static let json = Self(rawValue: 50)
    /// `application/json-patch+json`, RFC 6902: what PATCH and iPATCH send.
    public static let jsonPatch = Self(rawValue: 51)
    /// `application/merge-patch+json`, RFC 7396.
    public static let mergePatch = Self(rawValue: 52)
    /// `application/cbor`.
    public static let cbor = Self(rawValue: 60)
    /// `application/cwt`, RFC 8392.
    public static let cwt = Self(rawValue: 61)
    /// `application/senml+json`, RFC 8428.
    public static let senmlJSON = Self(rawValue: 110)
    /// `application/senml+cbor`, RFC 8428.
    public static let senmlCBOR = Self(rawValue: 112)
    /// `application/concise-problem-details+cbor`, RFC 9290.
    public static let problemDetails = Self(rawValue: 257)
    /// `application/ace-groupcomm+cbor`, RFC 9594.
    public static let aceGroupcomm = Self(rawValue: 261)
    /// `application/aif+cbor;toid=oscore-gname;tperm=oscore-gperm`, draft-ietf-ace-key-groupcomm-oscore.
    public static let oscoreGroupScope = Self(rawValue: 297)
    /// `application/aif+json;toid=oscore-gname;tperm=oscore-gperm`, draft-ietf-ace-key-groupcomm-oscore.
    public static let oscoreGroupScopeJSON = Self(rawValue: 298)
    /// `application/oscore`, RFC 8613.
    public static let oscore = Self(rawValue: 10001)
    /// `application/ace+cbor`, RFC 9200.
    public static let ace = Self(rawValue: 19)
}
