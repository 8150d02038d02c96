import CBOR

/// The 4.00 or 4.01 to a ``TokenRequest``, Content-Format 19 (RFC 9200 §5.8.3).
public struct TokenErrorResponse: Hashable, Sendable {
    /// Why.
    public var error: TokenErrorCode
    /// `error_description`, for people.
    public var description: String?

    public init(error: TokenErrorCode, description: String? = nil) {
        self.error = error
        self.description = description
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` without an error; ``GroupcommError/wrongType(_:)`` for a parameter of
    ///   another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<AuthorizationLabel>(decoding: payload)
        error = TokenErrorCode(rawValue: try map.required(.error, \.unsignedInteger))
        description = try map.optional(.errorDescription, \.textString)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<AuthorizationLabel>()
        map[.error] = .unsigned(error.rawValue)
        map[.errorDescription] = description.map { .text($0) }
        return map.encoded()
    }
}

/// A number of the IANA registry "OAuth Error Code CBOR Mappings" (RFC 9200 §8.4). Unknown numbers are kept.
public struct TokenErrorCode: Hashable, Sendable, RawRepresentable {
    /// The registered number.
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    // GM-0021
    public static let invalidRequest = Self(rawValue: 1)
    /// With 4.01; all others come with 4.00.
    public static let invalidClient = Self(rawValue: 2)
    public static let invalidGrant = Self(rawValue: 3)
    public static let unauthorizedClient = Self(rawValue: 4)
    public static let unsupportedGrantType = Self(rawValue: 5)
    public static let invalidScope = Self(rawValue: 6)
    public static let unsupportedPoPKey = Self(rawValue: 7)
    public static let incompatibleACEProfiles = Self(rawValue: 8)
}
