import OSCORE
import Persistence
import TestSupport
import Testing

@testable import MemberNode

/// What every ``NodeStore`` must do.
@Suite(.serialized)
struct NodeStoreCompatibility {
    @Test(arguments: StoreKind.allCases)
    func newStoreIsEmpty(kind: StoreKind) throws {
        #expect(try StoreBench(kind).openNodeStore().load() == NodeState())
    }

    @Test(arguments: StoreKind.allCases)
    func whatWasAppliedIsLoadedByTheNextRun(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        try bench.openNodeStore().apply(Self.samples)
        #expect(try bench.openNodeStore().load() == NodeSamples.state)
    }

    @Test(arguments: StoreKind.allCases)
    func fieldsThatMayBeUnsetStayUnset(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        try bench.openNodeStore().apply(NodeChangeSet(.saveMembership(NodeSamples.sparseMembership, peers: [])))
        #expect(try bench.openNodeStore().load() == NodeState(membership: NodeSamples.sparseMembership))
        try bench.openNodeStore().apply(NodeChangeSet(.saveToken(NodeSamples.sparseToken)))
        #expect(try bench.openNodeStore().load().token == NodeSamples.sparseToken)
    }

    @Test(arguments: StoreKind.allCases)
    func tokenIsReplacedAndDropped(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openNodeStore()
        try store.apply(Self.samples)
        try store.apply(NodeChangeSet(.saveToken(NodeSamples.token(2))))
        #expect(try bench.openNodeStore().load().token == NodeSamples.token(2))
        try store.apply(NodeChangeSet(.dropToken))
        var expected = NodeSamples.state
        expected.token = nil
        #expect(try bench.openNodeStore().load() == expected)
        // Dropping what is not there is nothing.
        try store.apply(NodeChangeSet(.dropToken))
    }

    @Test(.requirement("OSC-0108"), arguments: StoreKind.allCases)
    func newSenderIDStartsItsOwnReservation(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openNodeStore()
        try store.apply(Self.samples)
        try store.apply(NodeChangeSet(.saveSenderID(groupID: [1, 2, 3], senderID: [8])))
        var expected = NodeSamples.state
        expected.membership?.senderID = [8]
        expected.membership?.reservedEnd = 0
        expected.usedSenderIDs.append(NodeSamples.used(8))
        #expect(try bench.openNodeStore().load() == expected)
        try store.apply(NodeChangeSet(.reserveGroup(groupID: [1, 2, 3], end: 64)))
        #expect(throws: NodeCommitFailure.guardFailed) {
            try store.apply(NodeChangeSet(.reserveGroup(groupID: [1, 2, 3], end: 64)))
        }
    }

    /// The key of a member stays; who is none, or none any more, may get another one.
    @Test(arguments: StoreKind.allCases)
    func identityIsReplacedWhileThereIsNoMembership(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openNodeStore()
        for identity in [NodeSamples.identity, NodeSamples.laterIdentity] {
            try store.apply(NodeChangeSet(.saveIdentity(identity)))
            #expect(try bench.openNodeStore().load().identity == identity)
        }
        try store.apply(NodeChangeSet(.saveMembership(NodeSamples.membership(), peers: [])))
        #expect(throws: NodeCommitFailure.guardFailed) {
            try store.apply(NodeChangeSet(.saveIdentity(NodeSamples.identity)))
        }
        try store.apply(NodeChangeSet(.forgetMembership, .saveIdentity(NodeSamples.identity)))
        #expect(try bench.openNodeStore().load().identity == NodeSamples.identity)
    }

    @Test(arguments: StoreKind.allCases)
    func newManagerCredentialIsKept(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        try bench.openNodeStore().apply(Self.samples)
        try bench.openNodeStore().apply(NodeChangeSet(.saveManagerCredential([7])))
        var expected = NodeSamples.state
        expected.membership?.managerCredential = [7]
        #expect(try bench.openNodeStore().load() == expected)
    }

    @Test(arguments: StoreKind.allCases)
    func whoLeavesKeepsTokenAssociationAndReplayWindows(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openNodeStore()
        try store.apply(Self.samples)
        try store.apply(NodeChangeSet(.forgetMembership))
        var expected = NodeSamples.state
        expected.membership = nil
        expected.peers.removeAll { peer in !expected.windows.contains { $0.senderID == peer.senderID } }
        #expect(!expected.windows.isEmpty)
        #expect(try bench.openNodeStore().load() == expected)
        try store.apply(NodeChangeSet(.forgetMembership))
        // Under the same Gid they go on, under another one they go.
        try store.apply(NodeChangeSet(.saveMembership(NodeSamples.membership(senderID: [9]), peers: [])))
        #expect(try bench.openNodeStore().load().windows == expected.windows)
        #expect(try bench.openNodeStore().load().usedSenderIDs == [NodeSamples.used(1), NodeSamples.used(9)])
        try store.apply(
            NodeChangeSet(
                .forgetMembership, .saveMembership(NodeSamples.membership(groupID: [4], senderID: [9]), peers: [])))
        #expect(try bench.openNodeStore().load().windows.isEmpty)
        #expect(try bench.openNodeStore().load().peers.isEmpty)
        #expect(try bench.openNodeStore().load().usedSenderIDs == [NodeSamples.used(9, groupID: [4])])
    }

    /// A monitor has none.
    @Test(.requirement("OSC-0069"), arguments: StoreKind.allCases)
    func everySenderIDOfThisNodeIsKept(kind: StoreKind) throws {
        let store = try StoreBench(kind).openNodeStore()
        try store.apply(NodeChangeSet(.saveMembership(NodeSamples.sparseMembership, peers: [])))
        #expect(try store.load().usedSenderIDs.isEmpty)
        for id: UInt8 in [3, 1, 3] {
            try store.apply(
                NodeChangeSet(.saveMembership(NodeSamples.membership(senderID: [id]), peers: []), .forgetMembership))
        }
        #expect(try store.load().usedSenderIDs == [NodeSamples.used(1), NodeSamples.used(3)])
    }

    @Test(arguments: StoreKind.allCases)
    func wishToLeaveIsKeptWithTheMembership(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        try bench.openNodeStore().apply(Self.samples)
        #expect(try bench.openNodeStore().load().membership?.isLeaving == true)
        try bench.openNodeStore().apply(NodeChangeSet(.saveLeaving(false)))
        #expect(try bench.openNodeStore().load().membership?.isLeaving == false)
        try bench.openNodeStore().apply(
            NodeChangeSet(
                .saveLeaving(true), .forgetMembership,
                .saveMembership(NodeSamples.membership(senderID: [9]), peers: [])))
        #expect(try bench.openNodeStore().load().membership?.isLeaving == false)
    }

    @Test(.requirement("OSC-0108"), arguments: StoreKind.allCases)
    func reservationsAndWindowsMoveForward(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openNodeStore()
        try store.apply(Self.samples)
        let window = NodeSamples.window(2, highest: 18, words: [3])
        try store.apply(
            NodeChangeSet(
                .reserveGroup(groupID: [1, 2, 3], end: 1 << 40), .reserveAssociation(end: 513), .saveWindow(window)))
        let state = try bench.openNodeStore().load()
        #expect(state.membership?.reservedEnd == 1 << 40)
        #expect(state.association?.reservedEnd == 513)
        #expect(state.windows.first == window)
    }

    @Test(arguments: StoreKind.allCases)
    func windowMayGainAMarkBelowItsHighest(kind: StoreKind) throws {
        let store = try StoreBench(kind).openNodeStore()
        try store.apply(Self.samples)
        try store.apply(NodeChangeSet(.saveWindow(NodeSamples.window(2, words: [5]))))
        #expect(try store.load().windows.first?.window.words == [5])
    }

    @Test(arguments: StoreKind.allCases)
    func anotherGidStartsWithItsOwnPeersAndNoWindows(kind: StoreKind) throws {
        let store = try StoreBench(kind).openNodeStore()
        try store.apply(Self.samples)
        let record = NodeSamples.membership(groupID: [9, 9, 9])
        try store.apply(NodeChangeSet(.saveMembership(record, peers: [NodeSamples.peer(5)])))
        let state = try store.load()
        #expect(state.membership == record)
        #expect(state.peers == [NodeSamples.peer(5)])
        #expect(state.windows == [])
    }

    /// The others stay who they are, and nothing was heard of them yet.
    @Test(.requirement("GM-0218", "GM-0259"), arguments: StoreKind.allCases)
    func newKeysKeepTheMembersThatAreNotStale(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openNodeStore()
        try store.apply(Self.samples)
        var record = NodeSamples.membership(groupID: [9, 9], end: 0)
        record.version += 1
        // Neither is of the keys: what the store has counts.
        try store.apply(NodeChangeSet(.saveLeaving(true), .saveManagerCredential([7, 7, 7])))
        try store.apply(
            NodeChangeSet(.renewKeys(record, stale: .exactly([[2], [7]]), newcomers: [NodeSamples.peer(5)])))
        var expected = NodeSamples.state
        expected.membership = record
        expected.membership?.isLeaving = true
        expected.membership?.managerCredential = [7, 7, 7]
        expected.peers = [NodeSamples.peer(3), NodeSamples.peer(5)]
        expected.windows = []
        expected.usedSenderIDs = [NodeSamples.used(1, groupID: [9, 9])]
        #expect(try bench.openNodeStore().load() == expected)
        // Marks and numbers are under the new Gid from here on.
        try store.apply(
            NodeChangeSet(
                .reserveGroup(groupID: [9, 9], end: 64), .saveWindow(NodeSamples.window(3, groupID: [9, 9]))))
        #expect(throws: NodeCommitFailure.guardFailed) {
            try store.apply(NodeChangeSet(.saveWindow(NodeSamples.window(3))))
        }
        record.groupID = [9]
        record.version += 5
        try store.apply(NodeChangeSet(.renewKeys(record, stale: .all, newcomers: [])))
        #expect(try bench.openNodeStore().load().peers.isEmpty)
    }

    @Test(arguments: StoreKind.allCases)
    func anotherSenderIDUnderTheSameGidKeepsTheWindows(kind: StoreKind) throws {
        let store = try StoreBench(kind).openNodeStore()
        try store.apply(Self.samples)
        let record = NodeSamples.membership(senderID: [8])
        try store.apply(NodeChangeSet(.saveMembership(record, peers: [NodeSamples.peer(5)])))
        let state = try store.load()
        #expect(state.membership == record)
        #expect(state.peers.map(\.senderID) == [[2], [3], [5]])
        #expect(state.windows == NodeSamples.state.windows)
    }

    @Test(arguments: StoreKind.allCases)
    func anotherAssociationStartsItsOwnReservation(kind: StoreKind) throws {
        let store = try StoreBench(kind).openNodeStore()
        try store.apply(Self.samples)
        let record = NodeSamples.association(context: 99, end: 0)
        try store.apply(NodeChangeSet(.saveAssociation(record)))
        #expect(try store.load().association == record)
    }

    @Test(arguments: StoreKind.allCases, RefusedNodeWrite.all)
    func brokenGuardRefusesTheWholeChangeSet(kind: StoreKind, refused: RefusedNodeWrite) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openNodeStore()
        try store.apply(Self.samples)
        let good = NodeWrite.savePeers([NodeSamples.peer(77)])
        #expect(throws: NodeCommitFailure.guardFailed) { try store.apply(NodeChangeSet(good, refused.write)) }
        #expect(throws: NodeCommitFailure.guardFailed) { try store.apply(NodeChangeSet(refused.write, good)) }
        #expect(try store.load() == NodeSamples.state)
        #expect(try bench.openNodeStore().load() == NodeSamples.state)
        // The store goes on.
        try store.apply(NodeChangeSet(good))
        #expect(try bench.openNodeStore().load().peers.count == 3)
    }

    @Test(arguments: StoreKind.allCases)
    func nothingCanBeReservedOrLearnedBeforeJoining(kind: StoreKind) throws {
        let store = try StoreBench(kind).openNodeStore()
        for write: NodeWrite in [
            .reserveAssociation(end: 1), .reserveGroup(groupID: [1, 2, 3], end: 1), .savePeers([]),
            .saveSenderID(groupID: [1, 2, 3], senderID: [1]), .saveManagerCredential([1]), .saveLeaving(true),
            .savePeers([NodeSamples.peer(1)]), .saveWindow(NodeSamples.window(1)),
            .renewKeys(NodeSamples.membership(), stale: .all, newcomers: []),
        ] {
            #expect(throws: NodeCommitFailure.guardFailed) { try store.apply(NodeChangeSet(write)) }
        }
        #expect(try store.load() == NodeState())
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomWritesLeadToTheSameStateInAllStores(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let benches = try StoreKind.allCases.map(StoreBench.init)
        var stores = try benches.map { try $0.openNodeStore() }
        var refusals = 0
        for step in 0..<200 {
            let changes = NodeChangeSet(
                id: NodeCommitID(rawValue: UInt64(step)),
                writes: (0..<Int.random(in: 1...2, using: &random)).map { _ in Self.randomWrite(&random) })
            let outcomes = stores.map { store -> NodeCommitFailure? in
                do throws(NodeCommitFailure) { try store.apply(changes) } catch { return error }
                return nil
            }
            try #require(Set(outcomes).count == 1, "seed \(seed), step \(step): \(outcomes)")
            if outcomes[0] != nil { refusals += 1 }
            if Int.random(in: 0..<20, using: &random) == 0 { stores = try benches.map { try $0.openNodeStore() } }
            let states = try stores.map { try $0.load().sorted }
            try #require(Set(states).count == 1, "seed \(seed), step \(step)")
        }
        #expect(refusals > 20 && refusals < 190, "seed \(seed)")
    }

    static let samples = NodeChangeSet(id: NodeCommitID(rawValue: 1), writes: NodeSamples.writes)

    private static func randomWrite(_ random: inout SeededGenerator) -> NodeWrite {
        let id = UInt8.random(in: 1...5, using: &random)
        let groupID = [UInt8.random(in: 1...2, using: &random)]
        switch Int.random(in: 0..<16, using: &random) {
        case 0: return .saveIdentity(NodeSamples.identity)
        case 1:
            return .saveAssociation(
                NodeSamples.association(context: id, end: .random(in: 0...300, using: &random)))
        case 2: return .reserveAssociation(end: .random(in: 0...600, using: &random))
        case 3:
            return .saveMembership(
                NodeSamples.membership(groupID: groupID, senderID: [id]), peers: [NodeSamples.peer(id)])
        case 4: return .savePeers([NodeSamples.peer(id, name: "peer")])
        case 5: return .reserveGroup(groupID: groupID, end: .random(in: 0...600, using: &random))
        case 6: return .saveToken(NodeSamples.token(id))
        case 7: return .dropToken
        case 8: return .saveSenderID(groupID: groupID, senderID: [id])
        case 9: return .saveManagerCredential([id])
        case 15:
            var record = NodeSamples.membership(groupID: groupID, senderID: [id])
            record.version += UInt64(id)
            return .renewKeys(
                record, stale: id == 5 ? .all : .exactly([[id], [id + 1]]), newcomers: [NodeSamples.peer(id)])
        case 14: return .saveLeaving(id < 3)
        case 10 where id == 1: return .forgetMembership
        default:
            return .saveWindow(
                NodeSamples.window(
                    id, groupID: groupID,
                    highest: Bool.random(using: &random) ? .random(in: 0...90, using: &random) : nil))
        }
    }
}

/// A write that a store with the samples in it must refuse.
struct RefusedNodeWrite: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let write: NodeWrite

    static let all = [
        Self("other identity of a member", .saveIdentity(NodeSamples.identity)),
        Self("same association, earlier reservation", .saveAssociation(NodeSamples.association(end: 511))),
        Self("association: reservation stands still", .reserveAssociation(end: 512)),
        Self("association: reservation goes back", .reserveAssociation(end: 511)),
        Self("same Gid and Sender ID", .saveMembership(NodeSamples.membership(end: 1024), peers: [])),
        Self("group: reservation stands still", .reserveGroup(groupID: [1, 2, 3], end: 256)),
        Self("group: reservation goes back", .reserveGroup(groupID: [1, 2, 3], end: 0)),
        Self("reservation under another Gid", .reserveGroup(groupID: [1, 2, 4], end: 512)),
        Self("new keys under the same Gid", .renewKeys(NodeSamples.renewed(version: 9), stale: .all, newcomers: [])),
        Self(
            "keys of the same version", .renewKeys(NodeSamples.renewed(groupID: [9]), stale: .all, newcomers: [])),
        Self("Sender ID that it has", .saveSenderID(groupID: [1, 2, 3], senderID: [1])),
        Self("Sender ID under another Gid", .saveSenderID(groupID: [1, 2, 4], senderID: [2])),
        Self("window goes back", .saveWindow(NodeSamples.window(2, highest: 16))),
        Self("window forgets", .saveWindow(NodeSamples.window(2, highest: nil))),
        Self("window under another Gid", .saveWindow(NodeSamples.window(2, groupID: [1, 2, 4], highest: 18))),
        Self("window of a stranger", .saveWindow(NodeSamples.window(9))),
    ]

    private init(_ testDescription: String, _ write: NodeWrite) {
        self.testDescription = testDescription
        self.write = write
    }
}

extension NodeState {
    /// The same in the order of the Sender IDs.
    fileprivate var sorted: NodeState {
        var result = self
        result.peers.sort { $0.senderID.lexicographicallyPrecedes($1.senderID) }
        result.windows.sort { $0.senderID.lexicographicallyPrecedes($1.senderID) }
        result.usedSenderIDs.sort { $0.senderID.lexicographicallyPrecedes($1.senderID) }
        return result
    }
}
