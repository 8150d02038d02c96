import ACEGroupcomm
import Bytes
import CryptoPrimitives
import GroupManager
import TestSupport

/// What the writer commits: change set n is always the same, so whoever knows how many there are knows the state.
enum Workload {
    /// What everything is sealed under; nothing of it is secret.
    static func key() throws -> SealingKey {
        let bytes = [UInt8](repeating: 7, count: SealingKey.length)
        return try SealingKey(bytes.span)
    }

    /// The change set with this number, from 0.
    static func changes(_ number: Int) -> ManagerChangeSet {
        let id = CommitID(UInt64(number))
        guard number > 0 else { return ManagerChangeSet(id: id, writes: beginning) }
        // The number of the commit is the reservation, too: one that is lost is a number that is used twice.
        var writes: [ManagerWrite] = [
            .assignSenderID(AssignedSenderIDRecord(groupName: group, groupID: [1, 2, 3], senderID: bytes(number, 4))),
            .advanceClient(recipientID: [1], progress(number)),
        ]
        if number.isMultiple(of: 3) {
            writes += [
                .assignNodeName(NodeNameRecord(groupName: group, nodeName: "n\(number)", client: client(number))),
                .insertMember(member(number)),
            ]
        }
        if number.isMultiple(of: 12) { writes.append(.removeMember(member(number - 6).key)) }
        if number.isMultiple(of: 5) {
            writes.append(.revokeToken(RevocationRecord(tokenID: bytes(number, 32), revokedAt: UInt64(number))))
        }
        return ManagerChangeSet(id: id, writes: writes)
    }

    /// How many change sets a state holds.
    static func count(in snapshot: ManagerSnapshot) -> Int {
        snapshot.identity == nil ? 0 : snapshot.assignedSenderIDs.count + 1
    }

    private static let group = "lights"

    private static var beginning: [ManagerWrite] {
        [
            .insertIdentity(
                ManagerIdentityRecord(
                    name: "power", signingSeed: secret(1), credential: bytes(1, 60), globalID: bytes(1, 5))),
            .insertTokenKeys(TokenKeysRecord(sharedKey: secret(2), agreementKey: secret(3))),
            .insertGroup(
                GroupRecord(
                    name: group, configuration: GroupConfiguration(groupName: group).encodedRepresentation(),
                    groupID: [1, 2, 3], version: 0, masterSecret: secret(4), masterSalt: bytes(4, 8), expiration: 1,
                    address: IPv6Address(high: 0, low: 1), port: 5683, linkRate: 1, maximumGroupSize: 1, resources: [],
                    createdAt: 0)),
            .insertClient(
                ClientRecord(
                    recipientID: [1], senderID: [2], client: client(0), inputMaterialID: [], masterSecret: secret(5),
                    masterSalt: [], idContext: nil, algorithm: 10, hkdf: 5, tokenID: [1], scope: [], expiry: 0,
                    kdcChallenge: [], replayWindow: progress(0).replayWindow, reservedSequenceEnd: 0)),
        ]
    }

    private static func progress(_ number: Int) -> AssociationProgress {
        AssociationProgress(
            replayWindow: ReplayWindowRecord(size: 32, highest: UInt64(number), words: [.max], isValid: true),
            reservedSequenceEnd: UInt64(number))
    }

    private static func client(_ number: Int) -> ClientIdentity { ClientIdentity(invitation: bytes(number, 7)) }

    private static func member(_ number: Int) -> MemberRecord {
        MemberRecord(
            groupName: group, name: "n\(number)", nodeName: "n\(number)", client: client(number), roles: 4,
            senderID: bytes(number, 4), credential: bytes(number, 300), scope: bytes(number, 9),
            clientNonce: bytes(number, 8), controlURI: nil, joinedAt: UInt64(number))
    }

    /// The number itself in front, so that no other number has the same bytes.
    private static func bytes(_ number: Int, _ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(number))
        let head = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
        return head + (0..<max(count - 4, 0)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private static func secret(_ number: Int) -> SecretField { SecretField(copying: bytes(number, 32).span) }
}
