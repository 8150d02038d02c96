/// What a member may do in a group: the `Tperm` bits of draft-ietf-ace-key-groupcomm-oscore §3.
public struct Roles: OptionSet, Hashable, Sendable {
    /// The bits as on the wire. Bit 0 is reserved and always 0; unknown bits are kept.
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Sends requests to the group.
    public static let requester = Self(rawValue: 2)
    /// Answers requests.
    public static let responder = Self(rawValue: 4)
    /// Listens only; has no Sender ID and no credential.
    public static let monitor = Self(rawValue: 8)
    /// Checks signatures from outside; never a member.
    public static let verifier = Self(rawValue: 16)

    /// Whether a node may join with these roles: requester, responder, both, or monitor alone.
    public var mayJoin: Bool {
        // GM-0079: monitor excludes requester and responder.
        self == .monitor || (!isEmpty && isSubset(of: [.requester, .responder]))
    }

    /// The bits as one integer of a role filter: at least one known role and nothing unknown.
    public var isRoleFilterElement: Bool {
        // GM-0094: bit 0 is reserved; a verifier is no member and cannot be asked for.
        !isEmpty && isSubset(of: [.requester, .responder, .monitor])
    }
}

extension Roles: CustomStringConvertible {
    /// The names, separated by commas, as the command line takes them.
    public var description: String {
        let names = Self.names.filter { contains($0.role) }.map(\.name)
        return names.isEmpty ? "none" : names.joined(separator: ",")
    }

    /// Parses names separated by commas; `nil` if one is unknown or none is given.
    public init?(names text: String) {
        var roles: Roles = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let known = Self.names.first(where: { $0.name == part }) else { return nil }
            roles.insert(known.role)
        }
        self = roles
    }

    private static let names: [(role: Roles, name: String)] = [
        (.requester, "requester"), (.responder, "responder"), (.monitor, "monitor"), (.verifier, "verifier"),
    ]
}
