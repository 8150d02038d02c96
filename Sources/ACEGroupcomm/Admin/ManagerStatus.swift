import CBOR

/// GET `/gosc/status`: how a manager is. No secret and no name of a member is in it.
public struct ManagerStatus: Hashable, Sendable {
    /// The audience of tokens for it.
    public var audience = ""
    /// `[address]:port` as members reach it; `nil` if it does not know.
    public var authority: String?
    /// The authorization servers whose tokens count beside the one inside, as they call themselves.
    public var authorizationServers: [String] = []
    /// Whether the latest change could be stored.
    public var isHealthy = true
    public var groups: UInt64 = 0
    public var members: UInt64 = 0
    /// Invitations that nobody has joined with yet and that have not ended.
    public var openInvitations: UInt64 = 0
    /// Clients with a token.
    public var clients: UInt64 = 0
    /// Uploaded tokens that wait for their first request.
    public var candidates: UInt64 = 0
    public var observers: UInt64 = 0
    /// Requests that wait for a commit.
    public var waiting: UInt64 = 0
    public var commits: UInt64 = 0
    public var commitFailures: UInt64 = 0
    public var requests: UInt64 = 0
    /// Requests answered with an error.
    public var refusals: UInt64 = 0
    /// Requests that were not verified.
    public var rejections: UInt64 = 0
    public var uploads: UInt64 = 0
    public var uploadsRefused: UInt64 = 0
    public var joins: UInt64 = 0
    /// Groups whose members are being told of new keys.
    public var distributions: UInt64 = 0
    /// Members that are not known to have the present keys of their group.
    public var membersBehind: UInt64 = 0

    /// Of a manager that has done nothing.
    public init() {}

    /// Decodes a payload. Unknown parameters are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` or ``GroupcommError/wrongType(_:)`` for a parameter that is not there
    ///   or of another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<Label>(decoding: payload)
        audience = try map.required(.audience, \.textString)
        isHealthy = try map.required(.isHealthy, \.boolean)
        authority = try map.optional(.authority, \.textString)
        authorizationServers = try map.optional(.authorizationServers, \.texts) ?? []
        for (label, path) in Self.numbers { self[keyPath: path] = try map.required(label, \.unsignedInteger) }
        distributions = try map.optional(.distributions, \.unsignedInteger) ?? 0
        membersBehind = try map.optional(.membersBehind, \.unsignedInteger) ?? 0
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<Label>()
        map[.audience] = .text(audience)
        map[.isHealthy] = .bool(isHealthy)
        map[.authority] = authority.map { .text($0) }
        map[.authorizationServers] = .array(authorizationServers.map { .text($0) })
        for (label, path) in Self.numbers { map[label] = .unsigned(self[keyPath: path]) }
        map[.distributions] = .unsigned(distributions)
        map[.membersBehind] = .unsigned(membersBehind)
        return map.encoded()
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let audience = Self(rawValue: 1)
        static let isHealthy = Self(rawValue: 2)
        static let authority = Self(rawValue: 18)
        static let authorizationServers = Self(rawValue: 19)
        static let distributions = Self(rawValue: 20)
        static let membersBehind = Self(rawValue: 21)
    }

    private static var numbers: [(Label, WritableKeyPath<Self, UInt64>)] {
        [
            (Label(rawValue: 3), \.groups), (Label(rawValue: 4), \.members), (Label(rawValue: 5), \.openInvitations),
            (Label(rawValue: 6), \.clients), (Label(rawValue: 7), \.candidates), (Label(rawValue: 8), \.observers),
            (Label(rawValue: 9), \.waiting), (Label(rawValue: 10), \.commits), (Label(rawValue: 11), \.commitFailures),
            (Label(rawValue: 12), \.requests), (Label(rawValue: 13), \.refusals), (Label(rawValue: 14), \.rejections),
            (Label(rawValue: 15), \.uploads), (Label(rawValue: 16), \.uploadsRefused), (Label(rawValue: 17), \.joins),
        ]
    }
}
