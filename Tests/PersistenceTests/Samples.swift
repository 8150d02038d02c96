import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives
import GroupOSCORE
import OSCORE
import TestSupport

@testable import GroupManager
@testable import MemberNode

/// Bytes that no other field of a sample has: a search for them finds one field.
func pattern(_ seed: UInt8, count: Int) -> [UInt8] {
    var random = SeededGenerator(seed: UInt64(seed))
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}

func secret(_ seed: UInt8, count: Int) -> SecretField {
    SecretField(copying: pattern(seed, count: count).span)
}

/// A sealing key of tests.
func testKey(_ seed: UInt8 = 1) throws -> SealingKey {
    try SealingKey(pattern(seed, count: SealingKey.length).span)
}

/// Records of a manager with every field set to something of its own. The fixtures hold them, so they never change;
/// what a new field needs goes into a new sample.
enum ManagerSamples {
    static let identity = ManagerIdentityRecord(
        name: "floor-2", signingSeed: secret(3, count: 32), credential: pattern(4, count: 60),
        globalID: pattern(5, count: 5))

    static func group(_ name: String = "lights", groupID: [UInt8] = [1, 2, 3]) -> GroupRecord {
        GroupRecord(
            name: name,
            configuration: GroupConfiguration(groupName: name, active: true, applicationGroups: ["a", "b"])
                .encodedRepresentation(),
            groupID: groupID, version: 7, masterSecret: secret(10, count: 16), masterSalt: pattern(11, count: 8),
            expiration: 1_900_000_000, address: IPv6Address(high: 0xff35_0030_fd12_3456, low: 0x789a_0000_8000_0001),
            port: 5683, linkRate: 125_000, maximumGroupSize: 50, resources: ["light", "sc\"ene"],
            createdAt: 1_800_000_000)
    }

    static func invitation(
        _ id: UInt8 = 1, group: String = "lights", consumedBy: [UInt8]? = nil
    ) -> InvitationRecord {
        InvitationRecord(
            clientSenderID: [id, 2, 3, 4, 5, 6, 7], managerSenderID: [0], masterSecret: secret(20 &+ id, count: 16),
            groupName: group, nodeName: "lamp-\(id)", roles: 6, createdAt: 1_800_000_001, expiry: 1_800_003_601,
            consumedBy: consumedBy)
    }

    static func key(_ id: UInt8 = 1, context: UInt8 = 9) -> AssociationKey {
        AssociationKey(clientSenderID: [id, 2, 3, 4, 5, 6, 7], idContext: pattern(context, count: 8))
    }

    static func association(_ id: UInt8 = 1, highest: UInt64? = 41, end: UInt64 = 256) -> AssociationRecord {
        AssociationRecord(
            key: key(id),
            replayWindow: ReplayWindowRecord(
                size: 32, highest: highest, words: [0x8000_0000_0000_0001], isValid: true),
            reservedSequenceEnd: end)
    }

    static func client(_ id: UInt8 = 1) -> ClientIdentity {
        ClientIdentity(invitation: key(id).clientSenderID)
    }

    static func member(_ id: UInt8 = 1, group: String = "lights") -> MemberRecord {
        MemberRecord(
            groupName: group, name: "lamp-\(id)", nodeName: "lamp-\(id)", client: client(id), roles: 4, senderID: [id],
            credential: pattern(30, count: 70), scope: pattern(31, count: 9), clientNonce: pattern(32, count: 8),
            controlURI: "coap://[::1]/control", joinedAt: 1_800_000_002, keyVersion: 7)
    }

    static func monitor(_ name: String = "monitor") -> MemberRecord {
        MemberRecord(
            groupName: "lights", name: name, nodeName: name, client: client(2), roles: 8, senderID: nil,
            credential: nil, scope: [], clientNonce: [], controlURI: nil, joinedAt: 0, keyVersion: 7)
    }

    static func assigned(_ id: UInt8 = 1, group: String = "lights") -> AssignedSenderIDRecord {
        AssignedSenderIDRecord(groupName: group, groupID: [1, 2, 3], senderID: [id])
    }

    /// With its owner.
    static let owned = AssignedSenderIDRecord(
        groupName: "lights", groupID: [1, 2, 3], senderID: [2], client: client(2), assignedAt: 1_800_000_006)

    static func nodeName(_ id: UInt8 = 1, group: String = "lights", client: UInt8? = nil) -> NodeNameRecord {
        NodeNameRecord(groupName: group, nodeName: "lamp-\(id)", client: Self.client(client ?? id))
    }

    static let monitorName = NodeNameRecord(groupName: "lights", nodeName: "monitor", client: client(2))

    /// What the first schema could keep, as it is seen today.
    static let firstWrites: [ManagerWrite] = [
        .insertIdentity(identity), .insertGroup(group()), .insertGroup(group("blinds", groupID: [4, 5, 6])),
        .insertInvitation(invitation()), .insertInvitation(invitation(2)), .putAssociation(association()),
        .consumeInvitation(key()), .assignSenderID(assigned()), .assignNodeName(nodeName()),
        .assignNodeName(monitorName), .insertMember(member()), .insertMember(monitor()),
    ]

    /// What they lead to, in the order of the keys.
    static let firstSnapshot: ManagerSnapshot = {
        var snapshot = ManagerSnapshot(
            identity: identity, groups: [group("blinds", groupID: [4, 5, 6]), group()])
        snapshot.members = [member(), monitor()]
        snapshot.nodeNames = [nodeName(), monitorName]
        snapshot.invitations = [invitation(consumedBy: pattern(9, count: 8)), invitation(2)]
        snapshot.associations = [association()]
        snapshot.assignedSenderIDs = [assigned()]
        return snapshot
    }()

    static let tokenKeys = TokenKeysRecord(sharedKey: secret(70, count: 16), agreementKey: secret(71, count: 32))

    static func groupCredential(_ group: String = "lights") -> GroupCredentialRecord {
        GroupCredentialRecord(
            groupName: group, curve: 4, privateKey: secret(72, count: 32), credential: pattern(73, count: 60))
    }

    static func progress(
        highest: UInt64? = 41, words: [UInt64] = [0x8000_0000_0000_0001], end: UInt64 = 256
    ) -> AssociationProgress {
        AssociationProgress(
            replayWindow: ReplayWindowRecord(size: 32, highest: highest, words: words, isValid: true),
            reservedSequenceEnd: end)
    }

    /// A client with an association of its own.
    static func clientRecord(_ id: UInt8 = 1, client: UInt8? = nil) -> ClientRecord {
        let progress = progress()
        return ClientRecord(
            recipientID: [id], senderID: [0xc0, id], client: Self.client(client ?? id),
            inputMaterialID: pattern(74, count: 4), masterSecret: secret(75, count: 16),
            masterSalt: pattern(76, count: 24), idContext: pattern(77, count: 8), algorithm: 10, hkdf: 5,
            tokenID: pattern(78, count: 32), scope: pattern(79, count: 20), expiry: 1_800_090_000,
            kdcChallenge: pattern(80, count: 8), replayWindow: progress.replayWindow,
            reservedSequenceEnd: progress.reservedSequenceEnd)
    }

    /// Of the link of an interface.
    static let address = SocketAddress(
        IPv6Address(high: 0xfe80_0000_0000_0000, low: 0x0102_0304_0506_0708), port: 49_152,
        interface: InterfaceIndex(.max))

    /// With everything unset that can be, and the lowest and highest values.
    static let sparseClient = ClientRecord(
        recipientID: [], senderID: [], client: ClientIdentity(stored: "as\nosc:00"), inputMaterialID: [],
        masterSecret: secret(0, count: 0), masterSalt: [], idContext: nil, algorithm: -1, hkdf: -10, tokenID: [],
        scope: [], expiry: .max, kdcChallenge: [],
        replayWindow: ReplayWindowRecord(size: 0, highest: nil, words: [], isValid: false), reservedSequenceEnd: 1 << 40
    )

    static func revocation(_ id: UInt8 = 1) -> RevocationRecord {
        RevocationRecord(tokenID: pattern(81, count: 7) + [id], revokedAt: 1_800_000_003)
    }

    static func stale(_ id: UInt8 = 1, version: UInt64 = 6, group: String = "lights") -> StaleSenderIDRecord {
        StaleSenderIDRecord(groupName: group, version: version, senderID: [id])
    }

    /// What the second schema could keep, as it is seen today.
    static let secondWrites: [ManagerWrite] =
        firstWrites + [
            .insertTokenKeys(tokenKeys), .insertGroupCredential(groupCredential()),
            .revokeInvitation(clientSenderID: key(2).clientSenderID, at: 1_800_000_004), .insertClient(clientRecord()),
            .insertClient(sparseClient), .revokeToken(revocation()), .addStaleSenderID(stale()),
        ]

    /// What the third schema could keep.
    static let thirdWrites: [ManagerWrite] = secondWrites + [.assignSenderID(owned)]

    static let thirdSnapshot: ManagerSnapshot = {
        var snapshot = secondSnapshot
        snapshot.assignedSenderIDs.append(owned)
        return snapshot
    }()

    /// A group whose Gid has a prefix of its own, and everything else that rekeying needs.
    static func rekeyedGroup(_ name: String = "vents", groupID: [UInt8] = [9, 8, 7, 0, 3]) -> GroupRecord {
        var record = group(name, groupID: groupID)
        record.rekeyingPolicy = GroupRekeyingRules(overlap: 20, onJoin: true, interval: 86_400)
        record.latestRekeying = LatestRekeying(at: 1_800_000_007, overlap: 5, elders: [client(7), client(8)])
        record.dueRekeying = DueRekeying(since: 1_800_000_008, evicts: true)
        return record
    }

    static func prefix(_ prefix: [UInt8] = [9, 8, 7], group: String = "vents") -> GroupIDPrefixRecord {
        GroupIDPrefixRecord(prefix: prefix, groupName: group, since: 7)
    }

    static func eviction(_ id: UInt8 = 6, group: String = "vents") -> EvictionRecord {
        EvictionRecord(groupName: group, client: client(id), name: "lamp-\(id)", at: 1_800_000_009)
    }

    static func rekeying(
        of group: String = "vents", to groupID: [UInt8] = [9, 8, 7, 0, 4], version: UInt64 = 8
    ) -> GroupRekeying {
        GroupRekeying(
            groupName: group, version: version, groupID: groupID, masterSecret: secret(90, count: 16),
            masterSalt: pattern(91, count: 8), expiration: 1_900_000_001,
            latest: LatestRekeying(at: 1_800_000_010, overlap: 10, elders: []))
    }

    static let born: MemberRecord = {
        var record = member(5, group: "vents")
        record.birthGroupID = [9, 8, 7, 0, 1]
        record.keyVersion = 6
        return record
    }()

    /// What the fourth schema could keep.
    static let fourthWrites: [ManagerWrite] =
        thirdWrites + [
            .insertGroup(rekeyedGroup()), .assignGroupIDPrefix(prefix()), .evict(eviction()), .insertMember(born),
        ]

    /// The first record with a confidential part, the second without.
    static let auditRecords: [AuditRecord] = {
        let first = AuditRecord(
            following: AuditHead(), at: 1_800_000_007,
            AuditEntry(
                .memberJoined, group: "lights", subject: "lamp-1", details: ["roles": .text("responder")],
                confidential: ["client": .text("gosc sub:01")]), salt: pattern(82, count: 16))
        let head = AuditHead(sequence: 1, hash: first.hash, checkpoint: 0)
        return [first, AuditRecord(following: head, at: .max, AuditEntry(.tokenKeysCreated), salt: [])]
    }()

    static func checkpoint(_ sequence: UInt64 = 2) -> AuditCheckpoint {
        AuditCheckpoint(
            sequence: sequence, hash: auditRecords[1].hash, time: 1_800_000_008, signature: pattern(83, count: 64))
    }

    /// From before a restore.
    static let barredInvitation: InvitationRecord = {
        var record = invitation(5)
        record.barredAt = 1_800_000_011
        return record
    }()

    /// Writes that set every table, but for that of a restore: a store that is pending does not load.
    static let writes: [ManagerWrite] = sixthWrites + [.locateClient(recipientID: [1], address)]

    /// What the sixth schema could keep.
    static let sixthWrites: [ManagerWrite] = fifthWrites + [.insertInvitation(barredInvitation)]

    /// What the fifth schema could keep.
    static let fifthWrites: [ManagerWrite] =
        fourthWrites + auditRecords.map(ManagerWrite.appendAudit) + [.appendCheckpoint(checkpoint())]

    static let fourthSnapshot: ManagerSnapshot = {
        var snapshot = thirdSnapshot
        snapshot.groups.append(rekeyedGroup())
        snapshot.members.append(born)
        snapshot.groupIDPrefixes = [prefix()]
        snapshot.evictions = [eviction()]
        return snapshot
    }()

    /// What all of them lead to, in the order of the keys.
    static let snapshot: ManagerSnapshot = {
        var snapshot = sixthSnapshot
        snapshot.clients[1].address = address
        return snapshot
    }()

    static let sixthSnapshot: ManagerSnapshot = {
        var snapshot = fifthSnapshot
        snapshot.invitations.append(barredInvitation)
        return snapshot
    }()

    static let fifthSnapshot: ManagerSnapshot = {
        var snapshot = fourthSnapshot
        snapshot.audit = AuditHead(sequence: 2, hash: auditRecords[1].hash, checkpoint: 2)
        return snapshot
    }()

    static let secondSnapshot: ManagerSnapshot = {
        var snapshot = firstSnapshot
        snapshot.tokenKeys = tokenKeys
        snapshot.groupCredentials = [groupCredential()]
        snapshot.invitations[1].revokedAt = 1_800_000_004
        snapshot.clients = [sparseClient, clientRecord()]
        snapshot.revocations = [revocation()]
        snapshot.staleSenderIDs = [stale()]
        return snapshot
    }()

    /// Every secret of the samples.
    static let secrets = [3, 10, 21, 22, 25, 70, 71, 72, 75].map { pattern($0, count: $0 == 3 ? 32 : 16) }
}

/// Records of a node with every field set to something of its own. The fixtures hold them, so they never change.
enum NodeSamples {
    /// As every node had one in the first schemas.
    static let identity = IdentityRecord(
        keyKind: .ed25519, privatePart: secret(40, count: 32), credentialFormat: .ccs,
        credential: pattern(41, count: 60))

    static let laterIdentity = IdentityRecord(
        keyKind: .p521, privatePart: secret(47, count: 66), credentialFormat: .cwt, credential: pattern(48, count: 60))

    static func association(context: UInt8 = 43, end: UInt64 = 256) -> NodeAssociationRecord {
        NodeAssociationRecord(
            managerAddress: "[2001:db8::1]:5683", masterSecret: secret(42, count: 16),
            idContext: pattern(context, count: 8), clientSenderID: pattern(44, count: 7), managerSenderID: [0],
            groupName: "lights", nodeName: "lamp-1", roles: [.responder],
            managerCredentialHash: pattern(45, count: 32), clientNonce: pattern(46, count: 8), reservedEnd: end)
    }

    static func membership(
        groupID: [UInt8] = [1, 2, 3], senderID: [UInt8] = [1], end: UInt64 = 0
    ) -> MembershipRecord {
        MembershipRecord(
            groupName: "lights", memberName: "lamp-1", groupID: groupID, version: 7,
            masterSecret: secret(50, count: 16), masterSalt: pattern(51, count: 8),
            algorithms: GroupAlgorithms(
                aead: .aesCCM_16_64_128, groupEncryption: .aesCCM_16_64_128, signature: .edDSA,
                pairwiseKeyAgreement: .ecdhSSHKDF256, hkdf: .hkdfSHA256),
            credentialFormat: .ccs, managerCredential: pattern(52, count: 60), senderID: senderID,
            roles: [.requester, .responder],
            network: NetworkParameters(
                groupAddress: IPv6Address(high: 0xff35_0030_fd12_3456, low: 0x8000_0001), port: 5683,
                linkRate: 1000, maximumGroupSize: 50, applicationGroups: ["a", "b\n"], memberName: "lamp-1"),
            reservedEnd: end)
    }

    /// The membership with what new keys change of it.
    static func renewed(groupID: [UInt8] = [1, 2, 3], version: UInt64 = 7) -> MembershipRecord {
        var record = membership(groupID: groupID)
        record.version = version
        return record
    }

    /// With everything unset that can be.
    static let sparseMembership = MembershipRecord(
        groupName: "g", memberName: "m", groupID: [9], version: .max, masterSecret: secret(0, count: 0),
        masterSalt: [],
        algorithms: GroupAlgorithms(
            aead: nil, groupEncryption: nil, signature: nil, pairwiseKeyAgreement: nil, hkdf: .hkdfSHA256),
        credentialFormat: .ccs, managerCredential: [], senderID: [], roles: Roles(rawValue: .max), network: nil,
        reservedEnd: 1 << 40)

    static func peer(_ id: UInt8, name: String? = nil) -> PeerRecord {
        PeerRecord(senderID: [id], credential: pattern(60 &+ id, count: 60), roles: [.requester], name: name)
    }

    static func window(
        _ id: UInt8, groupID: [UInt8] = [1, 2, 3], highest: UInt64? = 17, words: [UInt64] = [.max]
    ) -> NodeReplayWindowRecord {
        NodeReplayWindowRecord(
            groupID: groupID, senderID: [id],
            window: ReplayWindow.Snapshot(size: 32, highest: highest, words: words, isValid: true))
    }

    /// What the first schema could keep.
    static let firstWrites: [NodeWrite] = [
        .saveIdentity(identity), .saveAssociation(association()), .reserveAssociation(end: 512),
        .saveMembership(membership(), peers: [peer(2, name: "switch")]), .savePeers([peer(3)]),
        .reserveGroup(groupID: [1, 2, 3], end: 256), .saveWindow(window(2)), .saveWindow(window(3, highest: nil)),
    ]

    /// What they lead to.
    static let firstState = NodeState(
        identity: identity, association: association(end: 512), membership: membership(end: 256),
        peers: [peer(2, name: "switch"), peer(3)], windows: [window(2), window(3, highest: nil)],
        usedSenderIDs: [used(1)])

    static func used(_ id: UInt8, groupID: [UInt8] = [1, 2, 3]) -> UsedSenderIDRecord {
        UsedSenderIDRecord(groupID: groupID, senderID: [id])
    }

    static func token(_ id: UInt8 = 1) -> NodeTokenRecord {
        NodeTokenRecord(
            token: secret(90, count: 100), inputMaterialID: [id], masterSecret: secret(91, count: 16),
            salt: pattern(92, count: 8), idContext: pattern(93, count: 4), algorithm: 10, hkdf: 5,
            scope: pattern(94, count: 20), expiry: 1_800_090_000)
    }

    /// With everything unset that can be.
    static let sparseToken = NodeTokenRecord(
        token: secret(0, count: 0), inputMaterialID: [], masterSecret: secret(0, count: 0), salt: nil, idContext: nil,
        algorithm: -1, hkdf: -10, scope: [], expiry: nil)

    /// What the second schema could keep.
    static let secondState: NodeState = {
        var state = firstState
        state.token = token()
        return state
    }()

    /// What the third schema could keep.
    static let thirdState: NodeState = {
        var state = secondState
        state.identity = laterIdentity
        return state
    }()

    /// Writes that set every table.
    static let writes: [NodeWrite] =
        [.saveIdentity(identity), .saveIdentity(laterIdentity)] + firstWrites.dropFirst()
        + [.saveToken(token()), .saveLeaving(true)]

    /// What they lead to.
    static let state: NodeState = {
        var state = thirdState
        state.membership?.isLeaving = true
        return state
    }()

    /// Every secret of the samples.
    static let secrets = [40, 42, 47, 50, 90, 91].map { pattern($0, count: $0 == 47 ? 66 : $0 == 40 ? 32 : 16) }
}

extension ManagerChangeSet {
    init(_ writes: ManagerWrite...) {
        self.init(id: CommitID(1), writes: writes)
    }
}

extension NodeChangeSet {
    init(_ writes: NodeWrite...) {
        self.init(id: NodeCommitID(rawValue: 1), writes: writes)
    }
}
