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

// COAP-0030: the registry. Computed, so that other modules see plain numbers.
extension OptionNumber {
    /// RFC 7252.
    @inlinable public static var ifMatch: Self { Self(rawValue: 1) }
    /// RFC 7252.
    @inlinable public static var uriHost: Self { Self(rawValue: 3) }
    /// RFC 7252.
    @inlinable public static var eTag: Self { Self(rawValue: 4) }
    /// RFC 7252.
    @inlinable public static var ifNoneMatch: Self { Self(rawValue: 5) }
    /// RFC 7641.
    @inlinable public static var observe: Self { Self(rawValue: 6) }
    /// RFC 7252.
    @inlinable public static var uriPort: Self { Self(rawValue: 7) }
    /// RFC 7252.
    @inlinable public static var locationPath: Self { Self(rawValue: 8) }
    /// RFC 8613.
    @inlinable public static var oscore: Self { Self(rawValue: 9) }
    /// RFC 7252.
    @inlinable public static var uriPath: Self { Self(rawValue: 11) }
    /// RFC 7252.
    @inlinable public static var contentFormat: Self { Self(rawValue: 12) }
    /// RFC 7252.
    @inlinable public static var maxAge: Self { Self(rawValue: 14) }
    /// RFC 7252.
    @inlinable public static var uriQuery: Self { Self(rawValue: 15) }
    /// RFC 8768.
    @inlinable public static var hopLimit: Self { Self(rawValue: 16) }
    /// RFC 7252.
    @inlinable public static var accept: Self { Self(rawValue: 17) }
    /// RFC 9177.
    @inlinable public static var qBlock1: Self { Self(rawValue: 19) }
    /// RFC 7252.
    @inlinable public static var locationQuery: Self { Self(rawValue: 20) }
    /// RFC 9668.
    @inlinable public static var edhoc: Self { Self(rawValue: 21) }
    /// RFC 7959.
    @inlinable public static var block2: Self { Self(rawValue: 23) }
    /// RFC 7959.
    @inlinable public static var block1: Self { Self(rawValue: 27) }
    /// RFC 7959.
    @inlinable public static var size2: Self { Self(rawValue: 28) }
    /// RFC 9177.
    @inlinable public static var qBlock2: Self { Self(rawValue: 31) }
    /// RFC 7252.
    @inlinable public static var proxyUri: Self { Self(rawValue: 35) }
    /// RFC 7252.
    @inlinable public static var proxyScheme: Self { Self(rawValue: 39) }
    /// RFC 7959.
    @inlinable public static var size1: Self { Self(rawValue: 60) }
    /// RFC 9175.
    @inlinable public static var echo: Self { Self(rawValue: 252) }
    /// RFC 7967.
    @inlinable public static var noResponse: Self { Self(rawValue: 258) }
    /// RFC 9175.
    @inlinable public static var requestTag: Self { Self(rawValue: 292) }
    // CACH-0001: the number that the draft suggests; its bits say elective, safe to forward, part of the cache key.
    /// draft-ietf-core-cacheable-oscore §3.3: the hash of a deterministic request.
    @inlinable public static var requestHash: Self { Self(rawValue: 548) }
    /// draft-ietf-core-cacheable-oscore, Appendix A.1: bytes that say nothing; the number is the suggested one.
    @inlinable public static var padding: Self { Self(rawValue: 64988) }
}
