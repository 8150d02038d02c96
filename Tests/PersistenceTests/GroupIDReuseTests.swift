import ACEGroupcomm
import GroupManager
import Persistence
import TestSupport
import Testing

/// Stores of a group whose Gids come again.
@Suite(.serialized)
struct GroupIDReuseTests {
    private let store: any GroupStore
    private let bench: StoreBench
    private let born = ManagerSamples.born

    private init(_ kind: StoreKind) throws {
        bench = try StoreBench(kind)
        store = try bench.openGroupStore()
        var configuration = GroupConfiguration(groupName: "vents")
        configuration.reusesGroupIDs = true
        var group = ManagerSamples.rekeyedGroup()
        group.configuration = configuration.encodedRepresentation()
        try store.apply(
            ManagerChangeSet(
                .insertGroup(group), .assignGroupIDPrefix(ManagerSamples.prefix()), .insertMember(born)))
    }

    @Test(.requirement("GM-0386"), arguments: StoreKind.allCases)
    func anEarlierEpochComesAgain(kind: StoreKind) throws {
        let test = try Self(kind)
        try test.store.apply(ManagerChangeSet(.rekeyGroup(ManagerSamples.rekeying(to: [9, 8, 7, 0, 0]))))
        let loaded = try test.bench.openGroupStore().load()
        #expect(loaded.groups.map(\.groupID) == [[9, 8, 7, 0, 0]])
        #expect(loaded.members.map(\.birthGroupID) == [[9, 8, 7, 0, 1]])
    }

    @Test(.requirement("GM-0388", "GM-0387"), arguments: StoreKind.allCases)
    func notThatOfAMember(kind: StoreKind) throws {
        let test = try Self(kind)
        // Also where the epoch goes up.
        var later = test.born
        later.birthGroupID = [9, 8, 7, 0, 4]
        try test.store.apply(ManagerChangeSet(.replaceMember(later)))
        let keys = ManagerWrite.rekeyGroup(ManagerSamples.rekeying(to: [9, 8, 7, 0, 4]))
        #expect(throws: GroupStoreFailure.guardFailed(.groupIDUsed)) { try test.store.apply(ManagerChangeSet(keys)) }
        try test.store.apply(ManagerChangeSet(.replaceMember(test.born)))
        let earlier = ManagerWrite.rekeyGroup(ManagerSamples.rekeying(to: [9, 8, 7, 0, 1]))
        #expect(throws: GroupStoreFailure.guardFailed(.groupIDUsed)) { try test.store.apply(ManagerChangeSet(earlier)) }
        // In the commit that evicts it, it does.
        try test.store.apply(ManagerChangeSet(.removeMember(test.born.key), earlier))
        #expect(try test.bench.openGroupStore().load().groups.map(\.groupID) == [[9, 8, 7, 0, 1]])
    }
}
