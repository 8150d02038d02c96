import CBOR

/// One element of GET `/gosc/groups/NAME/members/MEMBER`: somebody who has or had the name.
public struct HolderEntry: Hashable, Sendable {
    /// What has become of a holder.
    public enum State: UInt64, Hashable, Sendable {
        /// Is a member.
        case joined = 0
        /// Is none, and may come back with what it still has.
        case left = 1
        /// Does not come back before it is readmitted.
        case evicted = 2
        /// Does not come back: its invitation was revoked, or ended with a restore.
        case revoked = 3
    }

    public var holder: HolderName
    public var state: State
    /// When it joined or was evicted, in seconds since 1970; `nil` in the other states.
    public var since: UInt64?
    /// Which authorization server its tokens are from; `nil` if it has come by an invitation.
    public var issuer: String?
    /// Under which other name it is a member; `nil` if it is none, or has this name.
    public var presentName: String?

    public init(holder: HolderName, state: State, since: UInt64?, issuer: String?, presentName: String?) {
        self.holder = holder
        self.state = state
        self.since = since
        self.issuer = issuer
        self.presentName = presentName
    }

    /// Decodes the body of the answer.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is an array of maps; ``GroupcommError/missing(_:)`` for a parameter that has to be there;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type.
    public static func decodeList(_ payload: Span<UInt8>) throws(GroupcommError) -> [HolderEntry] {
        guard let items = try CBORValue.decode(payload).arrayItems else { throw .wrongShape }
        var entries: [HolderEntry] = []
        for item in items { entries.append(try HolderEntry(WireMap<Label>(item))) }
        return entries
    }

    /// The body of the answer in deterministic CBOR.
    public static func encodeList(_ entries: [HolderEntry]) -> [UInt8] {
        CBORValue.array(entries.map(\.value)).encoded()
    }

    private init(_ map: WireMap<Label>) throws(GroupcommError) {
        holder = try map.required(.holder) { $0.textString.flatMap(HolderName.init) }
        state = try map.required(.state) { $0.unsignedInteger.flatMap(State.init(rawValue:)) }
        since = try map.optional(.since, \.unsignedInteger)
        issuer = try map.optional(.issuer, \.textString)
        presentName = try map.optional(.presentName, \.textString)
    }

    private var value: CBORValue {
        var map = WireMap<Label>()
        map[.holder] = .text(holder.description)
        map[.state] = .unsigned(state.rawValue)
        map[.since] = since.map { .unsigned($0) }
        map[.issuer] = issuer.map { .text($0) }
        map[.presentName] = presentName.map { .text($0) }
        return map.value
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let holder = Self(rawValue: 1)
        static let state = Self(rawValue: 2)
        static let since = Self(rawValue: 3)
        static let issuer = Self(rawValue: 4)
        static let presentName = Self(rawValue: 5)
    }
}
