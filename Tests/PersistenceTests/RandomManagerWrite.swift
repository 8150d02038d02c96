import Bytes
import TestSupport

@testable import GroupManager

/// Any write of a manager, with so few names that all of its guards are met.
enum RandomManagerWrite {
    /// - Parameter audit: How far the audit record has come: of what follows it nothing can be guessed.
    static func next(_ random: inout SeededGenerator, audit: AuditHead = AuditHead()) -> ManagerWrite {
        let id = UInt8.random(in: 1...4, using: &random)
        let other = UInt8.random(in: 1...4, using: &random)
        let group = ["lights", "lights", "blinds", "nowhere"].randomElement(using: &random) ?? "lights"
        let highest = Bool.random(using: &random) ? UInt64.random(in: 0...90, using: &random) : nil
        let end = UInt64.random(in: 0...90, using: &random)
        switch Int.random(in: 0..<40, using: &random) {
        case 0: return .insertIdentity(ManagerSamples.identity)
        case 1: return .insertTokenKeys(ManagerSamples.tokenKeys)
        case 2: return .insertGroup(ManagerSamples.group())
        case 3: return .insertGroup(ManagerSamples.group("blinds", groupID: [id, 5, 6]))
        case 4: return .insertGroup(id == 1 ? misnamedGroup : ManagerSamples.group("g\(id)", groupID: [other, 5, 6]))
        case 5: return .insertGroupCredential(ManagerSamples.groupCredential(id == 1 ? group : "g\(id)"))
        case 6: return .insertInvitation(ManagerSamples.invitation(id, group: group))
        case 7: return .consumeInvitation(ManagerSamples.key(id, context: other))
        case 8: return .revokeInvitation(clientSenderID: ManagerSamples.key(id).clientSenderID, at: end)
        case 9: return .putAssociation(ManagerSamples.association(id, highest: highest, end: end))
        case 10, 11:
            var record = ManagerSamples.clientRecord(id, client: other)
            // Mostly its own.
            record.inputMaterialID = [end > 75 ? id : other]
            return .insertClient(record)
        case 12, 13, 25:
            return .advanceClient(
                recipientID: [id], ManagerSamples.progress(highest: highest.map { $0 * 8 }, end: end * 8))
        case 14: return .reauthorizeClient(recipientID: [id], tokenID: [other], scope: [id], expiry: end)
        case 15: return .challengeClient(recipientID: [id], kdcChallenge: [other])
        case 16: return .removeClient(recipientID: [id])
        case 17: return .revokeToken(ManagerSamples.revocation(UInt8.random(in: 0...20, using: &random)))
        case 18, 19:
            return .insertMember(
                member(id, node: highest == nil ? id : other, client: end > 75 ? other : id, group: group))
        case 20:
            var record = member(id, node: id, client: end > 60 ? other : id, group: group)
            (record.roles, record.senderID, record.controlURI) = (8, nil, nil)
            return .replaceMember(record)
        case 21: return .removeMember(ManagerSamples.member(id, group: group).key)
        case 22:
            return .assignNodeName(
                ManagerSamples.nodeName(.random(in: 1...40, using: &random), group: group, client: other))
        case 23: return .assignSenderID(ManagerSamples.assigned(.random(in: 1...40, using: &random), group: group))
        case 26, 27:
            return .assignGroupIDPrefix(
                GroupIDPrefixRecord(prefix: [id], groupName: group, since: UInt64(other) + 7))
        case 28:
            return .demandRekeying(groupName: group, DueRekeying(since: end, evicts: highest == nil))
        case 29, 30, 31, 32:
            return .rekeyGroup(
                ManagerSamples.rekeying(
                    of: group, to: [id, 0, UInt8(end)], version: .random(in: 6...11, using: &random)))
        case 33:
            return .confirmKeys(
                ManagerSamples.member(id, group: group).key, version: .random(in: 6...11, using: &random))
        case 34: return .evict(ManagerSamples.eviction(id, group: group))
        case 35: return .readmit(groupName: group, ManagerSamples.client(id))
        case 36:
            // Mostly the next one.
            let head = id == 1 ? AuditHead(sequence: end, hash: audit.hash, checkpoint: 0) : audit
            let entry = AuditEntry(
                .tokenRevoked, group: group, confidential: highest == nil ? [:] : ["a": .number(end)])
            return .appendAudit(AuditRecord(following: head, at: end, entry, salt: pattern(id, count: 16)))
        case 37:
            return .appendCheckpoint(
                AuditCheckpoint(
                    sequence: id == 1 ? end : audit.sequence, hash: audit.hash, time: end, signature: [other]))
        // Rarely, because hardly anything is left behind it.
        case 38 where end > 75: return .restore(RestoreRecord(since: UInt64(other)))
        case 38: return .completeRestore
        case 39: return .locateClient(recipientID: [id], SocketAddress(.loopback, port: UInt16(other)))
        default:
            return .addStaleSenderID(
                ManagerSamples.stale(.random(in: 1...9, using: &random), version: UInt64(other), group: group))
        }
    }

    /// A member whose names and client do not fit each other.
    static func member(_ id: UInt8, node: UInt8, client: UInt8, group: String = "lights") -> MemberRecord {
        var record = ManagerSamples.member(id, group: group)
        record.nodeName = "lamp-\(node)"
        record.client = ManagerSamples.client(client)
        return record
    }

    /// A group whose configuration names another one.
    static let misnamedGroup: GroupRecord = {
        var record = ManagerSamples.group(groupID: [8, 8, 8])
        record.name = "misnamed"
        return record
    }()

    /// Which write it is.
    static func name(_ write: ManagerWrite) -> String {
        Mirror(reflecting: write).children.first?.label ?? "\(write)"
    }

    /// Of all writes.
    static let names: Set = [
        "insertIdentity", "insertTokenKeys", "insertGroup", "insertGroupCredential", "insertInvitation",
        "consumeInvitation", "revokeInvitation", "putAssociation", "insertClient", "advanceClient", "reauthorizeClient",
        "locateClient", "challengeClient", "removeClient", "revokeToken", "insertMember", "replaceMember",
        "removeMember",
        "assignNodeName", "assignSenderID", "addStaleSenderID", "assignGroupIDPrefix", "demandRekeying", "rekeyGroup",
        "confirmKeys", "evict", "readmit", "appendAudit", "appendCheckpoint", "restore", "completeRestore",
    ]
}

extension ManagerSnapshot {
    /// The same in the order of the keys.
    var sorted: ManagerSnapshot {
        var result = self
        result.groups.sort { $0.name < $1.name }
        result.groupCredentials.sort { $0.groupName < $1.groupName }
        result.members.sort { ($0.groupName, $0.name) < ($1.groupName, $1.name) }
        result.nodeNames.sort { ($0.groupName, $0.nodeName) < ($1.groupName, $1.nodeName) }
        result.invitations.sort { $0.clientSenderID.lexicographicallyPrecedes($1.clientSenderID) }
        result.associations.sort {
            ($0.key.clientSenderID + $0.key.idContext)
                .lexicographicallyPrecedes($1.key.clientSenderID + $1.key.idContext)
        }
        result.clients.sort { $0.recipientID.lexicographicallyPrecedes($1.recipientID) }
        result.revocations.sort { $0.tokenID.lexicographicallyPrecedes($1.tokenID) }
        result.assignedSenderIDs.sort {
            (Array($0.groupName.utf8) + $0.groupID + $0.senderID)
                .lexicographicallyPrecedes(Array($1.groupName.utf8) + $1.groupID + $1.senderID)
        }
        result.groupIDPrefixes.sort { $0.prefix.lexicographicallyPrecedes($1.prefix) }
        result.evictions.sort { ($0.groupName, $0.client.text) < ($1.groupName, $1.client.text) }
        result.staleSenderIDs.sort {
            $0.groupName != $1.groupName
                ? $0.groupName < $1.groupName
                : $0.version != $1.version
                    ? $0.version < $1.version : $0.senderID.lexicographicallyPrecedes($1.senderID)
        }
        return result
    }
}
