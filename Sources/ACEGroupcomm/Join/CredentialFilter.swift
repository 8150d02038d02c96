import CBOR

/// Whose authentication credentials are wanted: the parameter `get_creds` (RFC 9594 §4.3.1, §4.4.1).
public enum CredentialFilter: Hashable, Sendable {
    /// `null`: everybody who matters to the joiner's roles.
    case relevant
    /// `[inclusion_flag, role_filter, id_filter]`.
    case matching(including: Bool, roles: [Roles], senderIDs: [[UInt8]])

    // GM-0093: in a Join Request the flag is true, roles are named and identifiers are not.
    var isAllowedInJoin: Bool {
        switch self {
        case .relevant: true
        case .matching(let including, let roles, let senderIDs): including && !roles.isEmpty && senderIDs.isEmpty
        }
    }

    // GM-0181, GM-0182: in a FETCH of creds never null, and not both filters empty.
    var isAllowedInFetch: Bool {
        switch self {
        case .relevant: false
        case .matching(_, let roles, let senderIDs): !roles.isEmpty || !senderIDs.isEmpty
        }
    }

    init(_ value: CBORValue) throws(GroupcommError) {
        let label = GroupcommLabel.getCreds.rawValue
        if value.isNull {
            self = .relevant
            return
        }
        guard let parts = value.arrayItems, parts.count == 3, let including = parts[0].boolean,
            let roleValues = parts[1].arrayItems, let identifierValues = parts[2].arrayItems,
            let roles = allOrNil(roleValues, { $0.unsignedInteger.map(Roles.init(rawValue:)) }),
            // GM-0183: identifiers are byte strings.
            let senderIDs = allOrNil(identifierValues, \.byteString)
        else { throw .wrongType(label) }
        guard roles.allSatisfy(\.isRoleFilterElement) else { throw .invalid(label) }
        self = .matching(including: including, roles: roles, senderIDs: senderIDs)
    }

    var value: CBORValue {
        switch self {
        case .relevant: .null
        case .matching(let including, let roles, let senderIDs):
            .array([
                .bool(including), .array(roles.map { .unsigned($0.rawValue) }), .array(senderIDs.map { .bytes($0) }),
            ])
        }
    }
}
