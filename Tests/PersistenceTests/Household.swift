import GroupManager

/// What `manager-1-household` holds, as it is seen today: many rows of everything that the first schema could keep.
enum Household {
    /// With letters among its digits: clients are called by them.
    static func clientSenderID(_ id: UInt8) -> [UInt8] { [id, 0xde, 0xad, 0xbe, 0xef, 0x00, id] }

    static func client(_ digits: String) -> ClientIdentity { ClientIdentity(stored: "gosc\nsub:\(digits)") }

    static let writes: [ManagerWrite] =
        [
            .insertIdentity(ManagerSamples.identity), .insertGroup(ManagerSamples.group()),
            .insertGroup(ManagerSamples.group("blinds", groupID: [4, 5, 6])),
            .insertGroup(ManagerSamples.group("heating", groupID: [7, 8, 9])),
            .insertInvitation(invitation(0xab, group: "lights")), .insertInvitation(invitation(0xcd, group: "blinds")),
            .insertInvitation(invitation(0x0f, group: "lights")),
            .insertInvitation(invitation(0xf0, group: "heating", expiry: 1)),
            .putAssociation(association(0xab, context: 1, highest: 41, words: [.max], end: 256)),
            .putAssociation(association(0xab, context: 2, highest: nil, words: [0], end: 0)),
            .putAssociation(
                association(0xcd, context: 3, highest: 1 << 40 - 1, words: [1, .max], isValid: false, end: 1 << 40)),
            .putAssociation(association(0x0f, context: 4, highest: 0, words: [1], end: 64)),
            .consumeInvitation(key(0xab, context: 1)), .consumeInvitation(key(0xcd, context: 3)),
            .assignSenderID(ManagerSamples.assigned()), .assignSenderID(ManagerSamples.assigned(2)),
            .assignSenderID(AssignedSenderIDRecord(groupName: "lights", groupID: [0, 0, 0], senderID: [1])),
            .assignSenderID(AssignedSenderIDRecord(groupName: "blinds", groupID: [4, 5, 6], senderID: [])),
        ] + members.map(ManagerWrite.insertMember)
        + members.map { member in
            .assignNodeName(
                NodeNameRecord(groupName: member.groupName, nodeName: member.name, client: member.client))
        }

    private static let members = [
        MemberRecord(
            groupName: "lights", name: "lamp-171", nodeName: "lamp-171", client: client("abdeadbeef00ab"), roles: 6,
            senderID: [1], credential: pattern(30, count: 70), scope: pattern(31, count: 9),
            clientNonce: pattern(32, count: 8), controlURI: "coap://[::1]/control", joinedAt: 1_800_000_002,
            keyVersion: 7),
        MemberRecord(
            groupName: "blinds", name: "Jalousie Süd", nodeName: "Jalousie Süd", client: client("cddeadbeef00cd"),
            roles: 8, senderID: nil, credential: nil, scope: [], clientNonce: [], controlURI: nil, joinedAt: 0,
            keyVersion: 7),
        MemberRecord(
            groupName: "blinds", name: "lamp-171", nodeName: "lamp-171", client: client("abdeadbeef00ab"), roles: 2,
            senderID: [], credential: [1], scope: [0x80], clientNonce: [9], controlURI: nil, joinedAt: .max,
            keyVersion: 7),
    ]

    private static func invitation(_ id: UInt8, group: String, expiry: UInt64 = 1_800_003_601) -> InvitationRecord {
        var record = ManagerSamples.invitation(id, group: group)
        record.clientSenderID = clientSenderID(id)
        record.expiry = expiry
        return record
    }

    private static func key(_ id: UInt8, context: UInt8) -> AssociationKey {
        AssociationKey(clientSenderID: clientSenderID(id), idContext: pattern(context, count: 16))
    }

    private static func association(
        _ id: UInt8, context: UInt8, highest: UInt64?, words: [UInt64], isValid: Bool = true, end: UInt64
    ) -> AssociationRecord {
        AssociationRecord(
            key: key(id, context: context),
            replayWindow: ReplayWindowRecord(size: 32, highest: highest, words: words, isValid: isValid),
            reservedSequenceEnd: end)
    }
}
