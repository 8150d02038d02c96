import CBOR

/// What a token allows, group by group: the content of the claim and parameter `scope`
/// (draft-ietf-ace-key-groupcomm-oscore §3, draft-ietf-ace-oscore-gm-admin §3).
public struct AuthorizationScope: Hashable, Sendable {
    /// One element of the array.
    public enum Entry: Hashable, Sendable {
        /// Bit 0 of `Tperm` is 0: roles in one group.
        case user(ScopeEntry)
        /// Bit 0 of `Tperm` is 1: permissions of an administrator.
        case admin(GroupNamePattern, AdminPermissions)
    }

    /// 1 to ``maximumEntryCount`` entries.
    public var entries: [Entry]

    /// The most entries that are worked on: a scope is searched for every request.
    public static let maximumEntryCount = 256

    public init(entries: [Entry]) {
        self.entries = entries
    }

    /// Decodes the content of the byte string `scope` of a token or a token request: an array of entries `[Toid, Tperm]`.
    ///
    /// - Throws: ``GroupcommError/invalid(_:)`` with the label of `scope`, 9, for anything else, for an empty array, and
    ///   for a pattern that is none.
    public init(decoding content: Span<UInt8>) throws(GroupcommError) {
        // GM-0001
        guard let items = (try? CBORValue.decode(content))?.arrayItems, !items.isEmpty,
            items.count <= Self.maximumEntryCount, let entries = allOrNil(items, Entry.init)
        else { throw .invalid(AuthorizationLabel.scope.rawValue) }
        self.init(entries: entries)
    }

    /// The array in deterministic CBOR, without the byte string around it.
    public func encoded() -> [UInt8] {
        CBORValue.array(entries.map(\.value)).encoded()
    }

    /// What a member may be in a group: the roles of all user entries that name it; `nil` if none does.
    public func roles(in groupName: String) -> Roles? {
        var roles: Roles?
        for case .user(let entry) in entries where entry.groupName == groupName {
            roles = (roles ?? []).union(entry.roles)
        }
        return roles
    }

    /// What an administrator may do with a group: the permissions of all admin entries that match its name.
    public func permissions(for groupName: String) -> AdminPermissions {
        var permissions: AdminPermissions = []
        for case .admin(let pattern, let granted) in entries where pattern.matches(groupName) {
            permissions.formUnion(granted)
        }
        return permissions
    }

    // GM-0016
    /// The tag that says which Content-Format a byte string in it has: TN(ct) of RFC 9277 §4.3.
    ///
    /// - Parameter contentFormat: 0 to 65535.
    public static func tag(forContentFormat contentFormat: UInt64) -> UInt64 {
        0x6374_0101 + contentFormat / 255 * 256 + contentFormat % 255
    }

    /// The tag of the extended form of a scope in a token: TN(297).
    public static let extendedTag: UInt64 = 1_668_547_115
}

extension AuthorizationScope.Entry {
    fileprivate init?(_ value: CBORValue) {
        guard let parts = value.arrayItems, parts.count == 2, let bits = parts[1].unsignedInteger else { return nil }
        let permissions = AdminPermissions(rawValue: bits)
        // GM-0004, GM-0005: bit 0 alone tells an administrator's entry from a member's.
        if permissions.contains(.list) {
            guard let pattern = GroupNamePattern(parts[0]) else { return nil }
            self = .admin(pattern, permissions)
        } else {
            // GM-0002: a literal name.
            guard let name = parts[0].textString else { return nil }
            self = .user(ScopeEntry(groupName: name, roles: Roles(rawValue: bits)))
        }
    }

    fileprivate var value: CBORValue {
        switch self {
        case .user(let entry): .array([.text(entry.groupName), .unsigned(entry.roles.rawValue)])
        case .admin(let pattern, let permissions): .array([pattern.value, .unsigned(permissions.rawValue)])
        }
    }
}
