import GroupManager
import MemberNode
import OSCORE
import Persistence
import Synchronization

/// The model of a manager's store: the engine's own state under the engine's own guards.
final class InMemoryGroupStore: GroupStore {
    private let state = Mutex(ManagerState())

    func load() throws(StoreError) -> ManagerSnapshot {
        state.withLock(\.snapshot)
    }

    func apply(_ changes: ManagerChangeSet) throws(GroupStoreFailure) {
        do {
            try state.withLock { state throws(ManagerWriteError) in try state.apply(changes) }
        } catch {
            throw .guardFailed(error)
        }
    }
}

/// The model of a node's store: the guards of `NodeWrite` in the plainest words.
final class InMemoryNodeStore: NodeStore {
    private let state = Mutex(NodeState())

    func load() throws(StoreError) -> NodeState {
        state.withLock { $0 }
    }

    func apply(_ changes: NodeChangeSet) throws(NodeCommitFailure) {
        try state.withLock { state throws(NodeCommitFailure) in
            var next = state
            for write in changes.writes { try next.apply(write) }
            state = next
        }
    }
}

extension NodeState {
    fileprivate mutating func apply(_ write: NodeWrite) throws(NodeCommitFailure) {
        switch write {
        case .saveIdentity(let record):
            guard membership == nil else { throw .guardFailed }
            identity = record
        case .saveAssociation(let record):
            if let known = association, known.idContext == record.idContext,
                known.clientSenderID == record.clientSenderID
            {
                guard record.reservedEnd >= known.reservedEnd else { throw .guardFailed }
            }
            association = record
        case .reserveAssociation(let end):
            guard let known = association, end > known.reservedEnd else { throw .guardFailed }
            association?.reservedEnd = end
        case .saveMembership(let record, let others):
            if keptGroupID == record.groupID {
                guard membership?.senderID != record.senderID else { throw .guardFailed }
            } else {
                peers = []
                windows = []
                usedSenderIDs = []
            }
            membership = record
            noteUsed(record.senderID, groupID: record.groupID)
            keep(others)
        case .renewKeys(let record, let stale, let newcomers):
            guard let known = membership, known.groupID != record.groupID, known.version < record.version else {
                throw .guardFailed
            }
            if case .exactly(let senderIDs) = stale {
                peers.removeAll { senderIDs.contains($0.senderID) }
            } else {
                peers = []
            }
            windows = []
            usedSenderIDs = []
            membership = record
            membership?.isLeaving = known.isLeaving
            membership?.managerCredential = known.managerCredential
            noteUsed(record.senderID, groupID: record.groupID)
            keep(newcomers)
        case .savePeers(let others):
            guard membership != nil else { throw .guardFailed }
            keep(others)
        case .reserveGroup(let groupID, let end):
            guard let known = membership, known.groupID == groupID, end > known.reservedEnd else {
                throw .guardFailed
            }
            membership?.reservedEnd = end
        case .saveWindow(let record):
            guard keptGroupID == record.groupID, peers.contains(where: { $0.senderID == record.senderID })
            else { throw .guardFailed }
            let known = windows.firstIndex { $0.senderID == record.senderID }
            if let highest = known.flatMap({ windows[$0].window.highest }) {
                guard let new = record.window.highest, new >= highest else { throw .guardFailed }
            }
            if let known { windows[known] = record } else { windows.append(record) }
        case .saveToken(let record):
            token = record
        case .dropToken:
            token = nil
        case .saveSenderID(let groupID, let senderID):
            guard let known = membership, known.groupID == groupID, known.senderID != senderID else {
                throw .guardFailed
            }
            membership?.senderID = senderID
            membership?.reservedEnd = 0
            noteUsed(senderID, groupID: groupID)
        case .saveLeaving(let isLeaving):
            guard membership != nil else { throw .guardFailed }
            membership?.isLeaving = isLeaving
        case .saveManagerCredential(let credential):
            guard membership != nil else { throw .guardFailed }
            membership?.managerCredential = credential
        case .forgetMembership:
            membership = nil
            peers.removeAll { peer in !windows.contains { $0.senderID == peer.senderID } }
        }
    }

    /// Under which Gid others are known: after a leave it is that of their windows, and of the Sender IDs of this node.
    private var keptGroupID: [UInt8]? {
        membership?.groupID ?? windows.first?.groupID ?? usedSenderIDs.first?.groupID
    }

    private mutating func noteUsed(_ senderID: [UInt8], groupID: [UInt8]) {
        let record = UsedSenderIDRecord(groupID: groupID, senderID: senderID)
        guard !senderID.isEmpty, !usedSenderIDs.contains(record) else { return }
        usedSenderIDs.append(record)
        usedSenderIDs.sort { $0.senderID.lexicographicallyPrecedes($1.senderID) }
    }

    private mutating func keep(_ others: [PeerRecord]) {
        for peer in others {
            peers.removeAll { $0.senderID == peer.senderID }
            peers.append(peer)
        }
    }
}
