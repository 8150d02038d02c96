import ACEGroupcomm
import Bytes
import TestSupport

@testable import GroupManager

/// What has ever left a manager and what its store said at every commit, beside what must not be. It keeps sets of what it has
/// seen, and takes nothing from the manager's own tables for granted.
final class HistoryLedger {
    /// What must not be, in words.
    private(set) var violations: [String] = []
    private var nonces = NonceLedger()
    /// The keys of each Gid, whoever has them.
    private var keys: [[UInt8]: Keys] = [:]
    /// The Gid of each version of a group.
    private var groupIDs: [Version: [UInt8]] = [:]
    private var owners: [SenderIDUse: ClientIdentity] = [:]
    private var handedOut: Set<SenderIDUse> = []
    /// Each group as it was behind the latest commit.
    private var latest: [String: Standing] = [:]
    /// The Sender IDs that were given up while a group was at a version.
    private var givenUp: [Version: Set<[UInt8]>] = [:]
    private var known: [Place: Set<[UInt8]>] = [:]
    /// What those know of a group who are no members of it any more.
    private var compromised: [String: Set<[UInt8]>] = [:]
    private var barred: Set<Place> = []

    private struct Keys: Hashable {
        let groupName: String
        let version: UInt64
        let secret: [UInt8]
    }

    private struct Version: Hashable {
        let groupName: String
        let number: UInt64
    }

    private struct SenderIDUse: Hashable {
        let groupID: [UInt8]
        let senderID: [UInt8]
    }

    private struct Place: Hashable {
        let client: ClientIdentity
        let groupName: String
    }

    private struct Standing {
        let version: UInt64
        let groupID: [UInt8]
        let members: [ClientIdentity: [UInt8]]
    }

    func violate(_ text: String) { violations.append(text) }

    // MARK: - The store

    /// A commit is durable.
    func look(at store: ManagerState) {
        for group in store.groups.values { look(at: group, isRestored: false) }
    }

    /// The store went back, and the operator has decided.
    func lookAtRestored(_ store: ManagerState) {
        for group in store.groups.values { look(at: group, isRestored: true) }
    }

    private func look(at group: GroupState, isRestored: Bool) {
        let (name, record) = (group.record.name, group.record)
        note(
            Keys(groupName: name, version: record.version, secret: [UInt8](copying: record.masterSecret.bytes)),
            of: record.groupID)
        var members: [ClientIdentity: [UInt8]] = [:]
        for member in group.members.values {
            members[member.client] = member.senderID ?? []
            if barred.contains(Place(client: member.client, groupName: name)) {
                violate("\(member.name) is a member of \(name) again")
            }
            if let senderID = member.senderID { own(senderID, under: record.groupID, member.client) }
        }
        if Set(members.values).count != members.count { violate("two members of \(name) have one Sender ID") }
        let before = latest[name]
        latest[name] = Standing(version: record.version, groupID: record.groupID, members: members)
        for client in (before?.members ?? [:]).keys where members[client] == nil {
            compromised[name, default: []].formUnion(known[Place(client: client, groupName: name)] ?? [])
        }
        if let before {
            let grows = isRestored ? record.version > before.version : record.version >= before.version
            if !grows { violate("\(name) goes from version \(before.version) to \(record.version)") }
            if (record.version == before.version) != (record.groupID == before.groupID) {
                violate("\(name): version \(record.version) and the Gid do not change together")
            }
        }
        if isRestored {
            givenUp = givenUp.filter { $0.key.groupName != name }
        } else if let before {
            let gone = before.members.filter { members[$0.key] != $0.value && !$0.value.isEmpty }.values
            givenUp[Version(groupName: name, number: before.version), default: []].formUnion(gone)
        }
        checkStale(group)
    }

    /// The newest sets are there, whole; nothing else is.
    private func checkStale(_ group: GroupState) {
        let limit = group.configuration.maximumStaleSets
        let version = group.record.version
        let oldest = version - min(limit - 1, version)
        let expected = givenUp.filter {
            $0.key.groupName == group.record.name && $0.key.number >= oldest && !$0.value.isEmpty
        }
        let stored = group.staleSenderIDs.filter { !$0.value.isEmpty }
        let wanted = Dictionary(uniqueKeysWithValues: expected.map { ($0.key.number, $0.value) })
        if stored != wanted { violate("\(group.record.name) at \(version): stale \(stored), not \(wanted)") }
        if group.staleSenderIDs.count > limit { violate("\(group.staleSenderIDs.count) stale sets") }
    }

    /// What nobody may know who is no member, where no new keys are due.
    func checkOutsiders(_ store: ManagerState) {
        for group in store.groups.values where group.record.dueRekeying == nil {
            let secret = [UInt8](copying: group.record.masterSecret.bytes)
            if compromised[group.record.name]?.contains(secret) == true {
                violate("who is no member of \(group.record.name) knows its keys of version \(group.record.version)")
            }
        }
    }

    // MARK: - What members are told

    /// Somebody is told keys.
    func reveal(
        groupName: String, version: UInt64, groupID: [UInt8], secret: [UInt8], to client: ClientIdentity,
        store: ManagerState
    ) {
        let place = Place(client: client, groupName: groupName)
        // What it has got once may come again.
        guard known[place, default: []].insert(secret).inserted else { return }
        note(Keys(groupName: groupName, version: version, secret: secret), of: groupID)
        if barred.contains(place) {
            violate("\(client.text) was evicted from \(groupName), and gets version \(version)")
        }
        guard let group = store.groups[groupName], group.member(client) != nil else {
            return violate("\(client.text) is no member of \(groupName), and gets version \(version)")
        }
        if group.record.version != version { violate("version \(version) is told, and \(group.record.version) stored") }
    }

    /// Somebody is told a Sender ID that it has not got for its own at present.
    func tell(_ senderID: [UInt8], under groupID: [UInt8], to client: ClientIdentity) {
        own(senderID, under: groupID, client)
        if !handedOut.insert(SenderIDUse(groupID: groupID, senderID: senderID)).inserted {
            violate("\(senderID) a second time under \(groupID)")
        }
    }

    func noteMessage(_ use: NonceLedger.Use, content: [UInt8]) { nonces.note(use, content: content) }

    var nonceViolations: Int { nonces.violations.count }
    var messages: Int { nonces.count }
    var groupIDCount: Int { keys.count }

    // MARK: - What the administrator has been answered

    func bar(_ client: ClientIdentity, from groupName: String) {
        barred.insert(Place(client: client, groupName: groupName))
    }

    func readmit(_ client: ClientIdentity, to groupName: String) {
        barred.remove(Place(client: client, groupName: groupName))
    }

    func isBarred(_ client: ClientIdentity, from groupName: String) -> Bool {
        barred.contains(Place(client: client, groupName: groupName))
    }

    private func own(_ senderID: [UInt8], under groupID: [UInt8], _ client: ClientIdentity) {
        let use = SenderIDUse(groupID: groupID, senderID: senderID)
        if let owner = owners[use], owner != client {
            violate("\(senderID) under \(groupID) is \(owner.text)'s, and \(client.text)'s")
        }
        owners[use] = client
    }

    private func note(_ seen: Keys, of groupID: [UInt8]) {
        if let before = keys[groupID], before != seen { violate("the Gid \(groupID) has two keys, or two versions") }
        keys[groupID] = seen
        let version = Version(groupName: seen.groupName, number: seen.version)
        if let before = groupIDs[version], before != groupID {
            violate("version \(seen.version) of \(seen.groupName) has two Gids")
        }
        groupIDs[version] = groupID
    }
}
