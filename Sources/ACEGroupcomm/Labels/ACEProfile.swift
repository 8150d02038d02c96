/// A number of the IANA registry "ACE Profiles" (RFC 9200 §8.8): how client and manager protect what they say.
public struct ACEProfile: Hashable, Sendable, RawRepresentable {
    /// The registered number. Unknown numbers are kept.
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    // GM-0383
    /// DTLS (RFC 9202); not built here.
    public static let coapDTLS = Self(rawValue: 1)
    /// OSCORE (RFC 9203).
    public static let coapOSCORE = Self(rawValue: 2)
}
