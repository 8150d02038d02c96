import ACEGroupcomm
import GroupManager
import Persistence
import TestSupport
import Testing

/// Stores of a group whose Gids come again.
@Suite(.serialized)
struct GroupIDReuseTests {
    private let born = ManagerSamples.born

    /// A store with one member in the group.
    private func store(in bench: StoreBench) throws -> any GroupStore {
        let store = try bench.openGroupStore()
        var configuration = GroupConfiguration(groupName: "vents")
        configuration.reusesGroupIDs = true
        var group = ManagerSamples.rekeyedGroup()
        group.configuration = configuration.encodedRepresentation()
        try store.apply(
            ManagerChangeSet(
                .insertGroup(group), .assignGroupIDPrefix(ManagerSamples.prefix()), .insertMember(born)))
        return store
    }

    @Test(.requirement("GM-0386"), arguments: StoreKind.allCases)
    func anEarlierEpochComesAgain(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try store(in: bench)
        try store.apply(ManagerChangeSet(.rekeyGroup(ManagerSamples.rekeying(to: [9, 8, 7, 0, 0]))))
        let loaded = try bench.openGroupStore().load()
        #expect(loaded.groups.map(\.groupID) == [[9, 8, 7, 0, 0]])
        #expect(loaded.members.map(\.birthGroupID) == [[9, 8, 7, 0, 1]])
    }

    @Test(.requirement("GM-0388", "GM-0387"), arguments: StoreKind.allCases)
    func notThatOfAMember(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try store(in: bench)
        // Also where the epoch goes up.
        var later = born
        later.birthGroupID = [9, 8, 7, 0, 4]
        try store.apply(ManagerChangeSet(.replaceMember(later)))
        let keys = ManagerWrite.rekeyGroup(ManagerSamples.rekeying(to: [9, 8, 7, 0, 4]))
        #expect(throws: GroupStoreFailure.guardFailed(.groupIDUsed)) { try store.apply(ManagerChangeSet(keys)) }
        try store.apply(ManagerChangeSet(.replaceMember(born)))
        let earlier = ManagerWrite.rekeyGroup(ManagerSamples.rekeying(to: [9, 8, 7, 0, 1]))
        #expect(throws: GroupStoreFailure.guardFailed(.groupIDUsed)) { try store.apply(ManagerChangeSet(earlier)) }
        // Nor another prefix, under which it would never be found.
        let prefix = GroupIDPrefixRecord(prefix: [9, 8, 6], groupName: "vents", since: 8)
        let moved = [
            ManagerWrite.assignGroupIDPrefix(prefix), .rekeyGroup(ManagerSamples.rekeying(to: [9, 8, 6, 0, 0])),
        ]
        var reborn = born
        for birth in [nil, [9, 8, 7, 0, 1], [9, 8, 6, 0, 1]] as [[UInt8]?] {
            reborn.birthGroupID = birth
            #expect(throws: GroupStoreFailure.guardFailed(.groupIDUsed)) {
                try store.apply(ManagerChangeSet(id: CommitID(1), writes: [.replaceMember(reborn)] + moved))
            }
        }
        let another = try StoreBench(kind)
        reborn.birthGroupID = [9, 8, 6, 0, 0]
        try self.store(in: another).apply(
            ManagerChangeSet(id: CommitID(1), writes: [.replaceMember(reborn)] + moved))
        // In the commit that evicts it, it does.
        try store.apply(ManagerChangeSet(.removeMember(born.key), earlier))
        #expect(try bench.openGroupStore().load().groups.map(\.groupID) == [[9, 8, 7, 0, 1]])
    }
}
