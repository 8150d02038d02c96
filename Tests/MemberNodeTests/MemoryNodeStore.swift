import MemberNode
import OSCORE

/// What a node's store holds, in memory: the guards of every write, and failures on demand.
struct MemoryNodeStore {
    private(set) var state = NodeState()
    /// Fails the next commit.
    var failsNext = false
    /// Fails the commit of this number from now on, once.
    var failsAt: Int?
    /// Every guard fails: somebody else has written.
    var isTakenOver = false

    mutating func apply(_ changes: NodeChangeSet) throws(NodeCommitFailure) {
        guard !failsNext else {
            failsNext = false
            throw .storage
        }
        if let left = failsAt {
            failsAt = left > 1 ? left - 1 : nil
            guard left > 1 else { throw .storage }
        }
        guard !isTakenOver else { throw .guardFailed }
        var next = state
        for write in changes.writes { try Self.apply(write, to: &next) }
        state = next
    }

    private static func noteUsed(_ senderID: [UInt8], groupID: [UInt8], in state: inout NodeState) {
        let record = UsedSenderIDRecord(groupID: groupID, senderID: senderID)
        if !senderID.isEmpty, !state.usedSenderIDs.contains(record) { state.usedSenderIDs.append(record) }
    }

    private static func keep(_ peers: [PeerRecord], in state: inout NodeState) {
        for peer in peers {
            state.peers.removeAll { $0.senderID == peer.senderID }
            state.peers.append(peer)
        }
    }

    private static func apply(_ write: NodeWrite, to state: inout NodeState) throws(NodeCommitFailure) {
        switch write {
        case .saveIdentity(let identity):
            guard state.membership == nil else { throw .guardFailed }
            state.identity = identity
        case .saveAssociation(let association):
            if let stored = state.association, stored.idContext == association.idContext {
                guard stored.reservedEnd <= association.reservedEnd else { throw .guardFailed }
            }
            state.association = association
        case .reserveAssociation(let end):
            guard let stored = state.association?.reservedEnd, stored < end else { throw .guardFailed }
            state.association?.reservedEnd = end
        case .saveMembership(let membership, let peers):
            guard state.membership?.groupID != membership.groupID || state.membership?.senderID != membership.senderID
            else { throw .guardFailed }
            if state.membership?.groupID ?? state.windows.first?.groupID != membership.groupID {
                state.peers = []
                state.windows = []
            }
            state.usedSenderIDs.removeAll { $0.groupID != membership.groupID }
            noteUsed(membership.senderID, groupID: membership.groupID, in: &state)
            state.membership = membership
            keep(peers, in: &state)
        case .renewKeys(let membership, let stale, let newcomers):
            guard let former = state.membership, former.groupID != membership.groupID,
                former.version < membership.version
            else { throw .guardFailed }
            switch stale {
            case .all: state.peers = []
            case .exactly(let senderIDs): state.peers.removeAll { senderIDs.contains($0.senderID) }
            }
            state.windows = []
            state.usedSenderIDs = []
            noteUsed(membership.senderID, groupID: membership.groupID, in: &state)
            state.membership = membership
            state.membership?.isLeaving = former.isLeaving
            state.membership?.managerCredential = former.managerCredential
            keep(newcomers, in: &state)
        case .savePeers(let peers):
            keep(peers, in: &state)
        case .reserveGroup(let groupID, let end):
            guard let membership = state.membership, membership.groupID == groupID, membership.reservedEnd < end else {
                throw .guardFailed
            }
            state.membership?.reservedEnd = end
        case .saveToken(let token):
            state.token = token
        case .dropToken:
            state.token = nil
        case .saveSenderID(let groupID, let senderID):
            guard let membership = state.membership, membership.groupID == groupID, membership.senderID != senderID
            else { throw .guardFailed }
            state.membership?.senderID = senderID
            state.membership?.reservedEnd = 0
            noteUsed(senderID, groupID: groupID, in: &state)
        case .saveLeaving(let isLeaving):
            guard state.membership != nil else { throw .guardFailed }
            state.membership?.isLeaving = isLeaving
        case .saveManagerCredential(let credential):
            guard state.membership != nil else { throw .guardFailed }
            state.membership?.managerCredential = credential
        case .forgetMembership:
            state.membership = nil
            state.peers.removeAll { peer in !state.windows.contains { $0.senderID == peer.senderID } }
        case .saveWindow(let record):
            guard record.groupID == state.membership?.groupID else { throw .guardFailed }
            let index = state.windows.firstIndex { $0.senderID == record.senderID }
            if let index {
                let before = state.windows[index].window.highest
                guard before == nil || (record.window.highest.map { $0 >= before ?? 0 } ?? false) else {
                    throw .guardFailed
                }
                state.windows[index] = record
            } else {
                state.windows.append(record)
            }
        }
    }
}
