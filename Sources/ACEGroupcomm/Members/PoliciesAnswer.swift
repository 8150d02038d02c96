import CBOR

/// The 2.05 to GET of `/ace-group/GROUPNAME/policies`, Content-Format 261 (RFC 9594 §4.6.1).
public struct PoliciesAnswer: Hashable, Sendable {
    /// `nil` if the group has none.
    public var policies: GroupPolicies?

    public init(policies: GroupPolicies?) {
        self.policies = policies
    }

    /// Decodes a payload: a map, or the empty byte string if the group has no policies. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` for any
    ///   other item than these; ``GroupcommError/missing(_:)`` without policies; ``GroupcommError/wrongType(_:)`` for
    ///   policies of another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        guard !NothingFound.isNothing(payload) else {
            policies = nil
            return
        }
        policies = try WireMap<GroupcommLabel>(decoding: payload).required(.groupPolicies, GroupPolicies.init)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        // GM-0265
        guard let policies else { return NothingFound.payload }
        // GM-0263
        var map = WireMap<GroupcommLabel>()
        map[.groupPolicies] = policies.value
        return map.encoded()
    }
}
