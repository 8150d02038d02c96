/// The number of an option; what an endpoint that does not know it must do follows from its bits (RFC 7252 §5.4.6).
public struct OptionNumber: Hashable, Comparable, Sendable {
    /// The number in the registry, 0 to 65535.
    public let rawValue: UInt16

    /// Takes any number, registered or not.
    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    // COAP-0022: the properties come from the number alone.

    /// Whether an endpoint that does not understand it must reject the message; elective otherwise.
    @inlinable
    public var isCritical: Bool { rawValue & 1 != 0 }
    /// Whether a proxy that does not understand it must not forward it.
    @inlinable
    public var isUnsafe: Bool { rawValue & 2 != 0 }
    /// Whether it is left out of the cache key. Only for options that are safe to forward.
    @inlinable
    public var isNoCacheKey: Bool { rawValue & 0x1e == 0x1c }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

// COAP-0030: the registry.
extension OptionNumber {
    /// RFC 7252.
    public static let ifMatch = Self(rawValue: 1)
    /// RFC 7252.
    public static let uriHost = Self(rawValue: 3)
    /// RFC 7252.
    public static let eTag = Self(rawValue: 4)
    /// RFC 7252.
    public static let ifNoneMatch = Self(rawValue: 5)
    /// RFC 7641.
    public static let observe = Self(rawValue: 6)
    /// RFC 7252.
    public static let uriPort = Self(rawValue: 7)
    /// RFC 7252.
    public static let locationPath = Self(rawValue: 8)
    /// RFC 8613.
    public static let oscore = Self(rawValue: 9)
    /// RFC 7252.
    public static let uriPath = Self(rawValue: 11)
    /// RFC 7252.
    public static let contentFormat = Self(rawValue: 12)
    /// RFC 7252.
    public static let maxAge = Self(rawValue: 14)
    /// RFC 7252.
    public static let uriQuery = Self(rawValue: 15)
    /// RFC 8768.
    public static let hopLimit = Self(rawValue: 16)
    /// RFC 7252.
    public static let accept = Self(rawValue: 17)
    /// RFC 9177.
    public static let qBlock1 = Self(rawValue: 19)
    /// RFC 7252.
    public static let locationQuery = Self(rawValue: 20)
    /// RFC 9668.
    public static let edhoc = Self(rawValue: 21)
    /// RFC 7959.
    public static let block2 = Self(rawValue: 23)
    /// RFC 7959.
    public static let block1 = Self(rawValue: 27)
    /// RFC 7959.
    public static let size2 = Self(rawValue: 28)
    /// RFC 9177.
    public static let qBlock2 = Self(rawValue: 31)
    /// RFC 7252.
    public static let proxyUri = Self(rawValue: 35)
    /// RFC 7252.
    public static let proxyScheme = Self(rawValue: 39)
    /// RFC 7959.
    public static let size1 = Self(rawValue: 60)
    /// RFC 9175.
    public static let echo = Self(rawValue: 252)
    /// RFC 7967.
    public static let noResponse = Self(rawValue: 258)
    /// RFC 9175.
    public static let requestTag = Self(rawValue: 292)
    // CACH-0001: the number that the draft suggests; its bits say elective, safe to forward, part of the cache key.
    /// draft-ietf-core-cacheable-oscore §3.3: the hash of a deterministic request.
    public static let requestHash = Self(rawValue: 548)
    /// draft-ietf-core-cacheable-oscore, Appendix A.1: bytes that say nothing; the number is the suggested one.
    public static let padding = Self(rawValue: 64988)
}
