import CBOR

/// One scope entry `[Toid, Tperm]`: a group and the roles wanted in it (draft-ietf-ace-key-groupcomm-oscore §3).
public struct ScopeEntry: Hashable, Sendable {
    /// The literal name of the group.
    public var groupName: String
    /// The roles.
    public var roles: Roles

    public init(groupName: String, roles: Roles) {
        self.groupName = groupName
        self.roles = roles
    }

    /// Decodes the content of the byte string `scope` of a Join Request: one entry, not an array of entries.
    ///
    /// - Throws: ``GroupcommError/invalid(_:)`` with the label of `scope` for anything but `[tstr, uint]`.
    public init(decoding bytes: Span<UInt8>) throws(GroupcommError) {
        // GM-0078, GM-0002: exactly [tstr, uint].
        guard let parts = (try? CBORValue.decode(bytes))?.arrayItems, parts.count == 2, let name = parts[0].textString,
            let bits = parts[1].unsignedInteger
        else { throw .invalid(GroupcommLabel.scope.rawValue) }
        self.init(groupName: name, roles: Roles(rawValue: bits))
    }

    /// The entry in deterministic CBOR, without the byte string around it.
    public func encoded() -> [UInt8] {
        CBORValue.array([.text(groupName), .unsigned(roles.rawValue)]).encoded()
    }
}
