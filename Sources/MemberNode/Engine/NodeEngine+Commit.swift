import ACEGroupcomm
import CoAPEngine
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// Drafts reservations wherever less than a quarter of a block is left.
    func reserve() {
        if let group, let end = group.reservation?.wantedEnd, !isReservingGroup {
            isReservingGroup = true
            draft.writes.append(.reserveGroup(groupID: group.groupID.bytes, end: end))
            draft.continuations.append(.groupReserved(end: end))
        }
        if let association, let end = association.reservation.wantedEnd, !isReservingAssociation {
            isReservingAssociation = true
            draft.writes.append(.reserveAssociation(end: end))
            draft.continuations.append(.associationReserved(end: end))
        }
    }

    /// Goes on behind a commit.
    func proceed(
        with continuation: Continuation, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        switch continuation {
        case .groupReserved(let end):
            isReservingGroup = false
            group?.extendReservation(to: end)
            sendQueuedCommands(at: now, random: &random, effects: &effects)
        case .associationReserved(let end):
            isReservingAssociation = false
            association?.extendReservation(to: end)
            readRoster(at: now, random: &random, effects: &effects)
            askAboutStrangers(at: now, random: &random, effects: &effects)
        case .deliver(let request, let handle, let path):
            deliver(request, handle: handle, path: path, at: now, random: &random, effects: &effects)
        case .sendJoin:
            sendJoinRequest(at: now, random: &random, effects: &effects)
        case .joined(let record, let peers):
            becomeMember(record, peers: peers, effects: &effects)
        case .learned(let records):
            install(records, at: now, effects: &effects)
        }
    }

    /// What depended on a failed commit does not happen. Marked Partial IVs stay marked: refusing too much is safe.
    func abandon(_ continuation: Continuation, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        switch continuation {
        case .groupReserved:
            isReservingGroup = false
            for command in queuedCommands { effects.append(.failed(command.id, .storage)) }
            queuedCommands.removeAll()
        case .associationReserved:
            isReservingAssociation = false
            refuseHeld(at: now, effects: &effects)
        case .deliver(_, let handle, _):
            staySilent(to: handle, effects: &effects)
        case .sendJoin, .joined:
            isJoining = false
            effects.append(.joinFailed(.storage))
        case .learned:
            refuseHeld(at: now, effects: &effects)
        }
    }
}
