import CBOR

/// A concise problem details payload, Content-Format 257 (RFC 9290), with the entry of RFC 9594 §9.
public struct ProblemDetails: Hashable, Sendable {
    /// Why, as a number; `nil` if no registered number fits.
    public var error: GroupcommErrorID?
    /// What kind of problem this is.
    public var title: String?
    /// What happened here, naming the object. Never key bytes or other members' data (GM-0370).
    public var detail: String?

    public init(error: GroupcommErrorID? = nil, title: String? = nil, detail: String? = nil) {
        self.error = error
        self.title = title
        self.detail = detail
    }

    /// Decodes a payload. Unknown entries are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/wrongType(_:)`` for a known entry of another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0357
        let map = try WireMap<Label>(decoding: payload)
        error = try map.optional(.aceGroupcommError) { value in
            value.mapValue?[Self.errorIDKey]?.unsignedInteger.map(GroupcommErrorID.init(rawValue:))
        }
        title = try map.optional(.title, \.textString)
        detail = try map.optional(.detail, \.textString)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        // GM-0356: {0: {0: id}}
        var map = WireMap<Label>()
        if let error {
            var entry = CBORMap()
            entry[Self.errorIDKey] = .unsigned(error.rawValue)
            map[.aceGroupcommError] = .map(entry)
        }
        map[.title] = title.map { .text($0) }
        map[.detail] = detail.map { .text($0) }
        return map.encoded()
    }

    private static let errorIDKey: Int64 = 0

    private struct Label: WireLabel {
        let rawValue: Int64
        static let aceGroupcommError = Self(rawValue: 0)
        static let title = Self(rawValue: -1)
        static let detail = Self(rawValue: -2)
    }
}

/// A number of the registry "ACE Groupcomm Errors". Unknown numbers are kept.
public struct GroupcommErrorID: Hashable, Sendable {
    /// The registered number.
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    // GM-0358
    /// The operation is for members only.
    public static let membersOnly = Self(rawValue: 0)
    /// The roles do not allow the operation.
    public static let inconsistentRoles = Self(rawValue: 1)
    /// The credential does not fit the group.
    public static let incompatibleCredential = Self(rawValue: 2)
    /// The proof of possession does not verify.
    public static let invalidEvidence = Self(rawValue: 3)
    /// No Sender ID is left.
    public static let noIndividualKeyingMaterial = Self(rawValue: 4)
    /// The membership has ended.
    public static let membershipTerminated = Self(rawValue: 5)
    /// The group is no more.
    public static let groupDeleted = Self(rawValue: 6)
    /// The group does not use signatures.
    public static let noSignatures = Self(rawValue: 7)
    /// The operation is for signature verifiers only.
    public static let verifiersOnly = Self(rawValue: 8)
    /// The group is not active.
    public static let groupInactive = Self(rawValue: 9)
    /// The group is still active.
    public static let groupActive = Self(rawValue: 10)
    /// No group name is available.
    public static let noGroupName = Self(rawValue: 11)
    /// The manager cannot operate such a group.
    public static let unsupportedConfiguration = Self(rawValue: 12)
}
