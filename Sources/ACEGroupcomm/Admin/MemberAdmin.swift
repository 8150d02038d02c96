import CBOR

/// POST `/gosc/groups/NAME/invitations`: invites one node.
public struct CreateInvitationRequest: Hashable, Sendable {
    public var nodeName: String
    public var roles: Roles
    /// For how long, in seconds; at least 1, at most a year.
    public var lifetime: UInt64
    /// Where the node reaches the manager, `[address]:port`.
    public var managerAddress: String

    public init(nodeName: String, roles: Roles, lifetime: UInt64, managerAddress: String) {
        self.nodeName = nodeName
        self.roles = roles
        self.lifetime = lifetime
        self.managerAddress = managerAddress
    }

    /// Decodes a body. Unknown parameters are errors.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map with numbers as labels; ``GroupcommError/unexpected(_:)`` for an unknown parameter;
    ///   ``GroupcommError/missing(_:)`` for a parameter that has to be there; ``GroupcommError/wrongType(_:)`` for one
    ///   of another type; ``GroupcommError/invalid(_:)`` for a name that is none, roles with which nobody can join, and
    ///   a lifetime or an address out of range.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<Label>(decoding: payload)
        try map.refuseLabels(except: [.nodeName, .roles, .lifetime, .managerAddress])
        nodeName = try map.required(.nodeName, \.textString)
        roles = Roles(rawValue: try map.required(.roles, \.unsignedInteger))
        lifetime = try map.required(.lifetime, \.unsignedInteger)
        managerAddress = try map.required(.managerAddress, \.textString)
        guard Names.isValid(nodeName) else { throw .invalid(Label.nodeName.rawValue) }
        guard roles.mayJoin else { throw .invalid(Label.roles.rawValue) }
        guard (1...Self.maximumLifetime).contains(lifetime) else { throw .invalid(Label.lifetime.rawValue) }
        guard (1...255).contains(managerAddress.utf8.count) else { throw .invalid(Label.managerAddress.rawValue) }
    }

    /// The body in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<Label>()
        map[.nodeName] = .text(nodeName)
        map[.roles] = .unsigned(roles.rawValue)
        map[.lifetime] = .unsigned(lifetime)
        map[.managerAddress] = .text(managerAddress)
        return map.encoded()
    }

    /// 366 days, in seconds.
    public static let maximumLifetime: UInt64 = 366 * 86_400

    private struct Label: WireLabel {
        let rawValue: Int64
        static let nodeName = Self(rawValue: 1)
        static let roles = Self(rawValue: 2)
        static let lifetime = Self(rawValue: 3)
        static let managerAddress = Self(rawValue: 4)
    }
}

/// The 2.01 to a ``CreateInvitationRequest``.
public struct CreateInvitationAnswer: Hashable, Sendable {
    /// The text form of the invitation. Secret.
    public var invitation: String
    /// When it ends, in seconds since 1970.
    public var expiry: UInt64

    public init(invitation: String, expiry: UInt64) {
        self.invitation = invitation
        self.expiry = expiry
    }

    /// Decodes a body. Unknown parameters are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` for a parameter that has to be there;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<Label>(decoding: payload)
        invitation = try map.required(.invitation, \.textString)
        expiry = try map.required(.expiry, \.unsignedInteger)
    }

    /// The body in deterministic CBOR. Secret.
    public func encoded() -> [UInt8] {
        var map = WireMap<Label>()
        map[.invitation] = .text(invitation)
        map[.expiry] = .unsigned(expiry)
        return map.encoded()
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let invitation = Self(rawValue: 1)
        static let expiry = Self(rawValue: 2)
    }
}

extension CreateInvitationAnswer: CustomStringConvertible, CustomReflectable {
    public var description: String { "<invitation until \(expiry)>" }

    /// Nothing: a dump shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// One element of GET `/gosc/groups/NAME/members`: a member, or a node that was invited.
public struct MemberEntry: Hashable, Sendable {
    /// How far a node has come.
    public enum State: UInt64, Hashable, Sendable {
        /// Has an invitation that is still good.
        case invited = 0
        /// Is a member.
        case joined = 1
        /// Had an invitation and let it pass.
        case expired = 2
    }

    public var name: String
    /// `nil` for a monitor and for a node that has not joined.
    public var senderID: [UInt8]?
    public var roles: Roles
    public var state: State
    /// In seconds since 1970; `nil` if not joined.
    public var joinedAt: UInt64?
    /// When the invitation ends, in seconds since 1970; `nil` for a member.
    public var expiry: UInt64?
    /// Which key generation it is known to have; `nil` if not joined.
    public var keyVersion: UInt64?

    public init(
        name: String, senderID: [UInt8]?, roles: Roles, state: State, joinedAt: UInt64?, expiry: UInt64?,
        keyVersion: UInt64? = nil
    ) {
        self.name = name
        self.senderID = senderID
        self.roles = roles
        self.state = state
        self.joinedAt = joinedAt
        self.expiry = expiry
        self.keyVersion = keyVersion
    }

    /// Decodes the body of the answer.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is an array of maps; ``GroupcommError/missing(_:)`` for a parameter that has to be there;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type.
    public static func decodeList(_ payload: Span<UInt8>) throws(GroupcommError) -> [MemberEntry] {
        guard let items = try CBORValue.decode(payload).arrayItems else { throw .wrongShape }
        var entries: [MemberEntry] = []
        for item in items {
            entries.append(try MemberEntry(WireMap<Label>(item)))
        }
        return entries
    }

    /// The body of the answer in deterministic CBOR.
    public static func encodeList(_ entries: [MemberEntry]) -> [UInt8] {
        CBORValue.array(entries.map(\.value)).encoded()
    }

    private init(_ map: WireMap<Label>) throws(GroupcommError) {
        name = try map.required(.name, \.textString)
        senderID = try map.optional(.senderID, \.byteString)
        roles = Roles(rawValue: try map.required(.roles, \.unsignedInteger))
        state = try map.required(.state) { $0.unsignedInteger.flatMap(State.init(rawValue:)) }
        joinedAt = try map.optional(.joinedAt, \.unsignedInteger)
        expiry = try map.optional(.expiry, \.unsignedInteger)
        keyVersion = try map.optional(.keyVersion, \.unsignedInteger)
    }

    private var value: CBORValue {
        var map = WireMap<Label>()
        map[.name] = .text(name)
        map[.senderID] = senderID.map { .bytes($0) }
        map[.roles] = .unsigned(roles.rawValue)
        map[.state] = .unsigned(state.rawValue)
        map[.joinedAt] = joinedAt.map { .unsigned($0) }
        map[.expiry] = expiry.map { .unsigned($0) }
        map[.keyVersion] = keyVersion.map { .unsigned($0) }
        return map.value
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let name = Self(rawValue: 1)
        static let senderID = Self(rawValue: 2)
        static let roles = Self(rawValue: 3)
        static let state = Self(rawValue: 4)
        static let joinedAt = Self(rawValue: 5)
        static let expiry = Self(rawValue: 6)
        static let keyVersion = Self(rawValue: 7)
    }
}
