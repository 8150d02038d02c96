import ACEGroupcomm
import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// Drafts reservations wherever less than a quarter of a block is left.
    func reserve() {
        // What is reserved while a new Sender ID or new keys are being made durable would be for the old ones.
        if let group, let membership, let end = group.reservation?.wantedEnd, !isReservingGroup,
            senderIDRenewal != .saving, !renewal.isSaving
        {
            isReservingGroup = true
            // From here on these numbers count as used, whatever becomes of the commit.
            self.membership?.reservedEnd = max(membership.reservedEnd, end)
            draft.writes.append(.reserveGroup(groupID: group.groupID.bytes, end: end))
            draft.continuations.append(.groupReserved(membership.identity, end: end))
        }
        if let end = link?.wantedEnd, let record = associationRecord, !isReservingAssociation {
            isReservingAssociation = true
            associationRecord?.reservedEnd = max(record.reservedEnd, end)
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
        case .groupReserved(let identity, let end):
            guard identity == membership?.identity else { return }
            isReservingGroup = false
            group?.extendReservation(to: end)
            sendQueuedRequests(at: now, random: &random, effects: &effects)
        case .associationReserved(let end):
            isReservingAssociation = false
            drive(at: now, random: &random, effects: &effects) { link, random, wanted in
                link.reserved(to: end, at: now, random: &random, effects: &wanted)
            }
        case .deliver(let request, let handle, let path):
            deliver(request, handle: handle, path: path, at: now, random: &random, effects: &effects)
        case .overheard(let request, let handle):
            overheard(request, handle: handle, effects: &effects)
        case .sendJoin:
            ask(.join, isUrgent: true, at: now, random: &random, effects: &effects)
        case .identitySaved(let record):
            identity = record
            refusedCredential = nil
            ask(.join, isUrgent: true, at: now, random: &random, effects: &effects)
        case .tokenSaved(let record):
            drive(at: now, random: &random, effects: &effects) { link, random, wanted in
                link.tokenSaved(record, at: now, random: &random, effects: &wanted)
            }
            scheduleNewToken(isNew: true, at: now, random: &random)
        case .joined(let record, let peers):
            becomeMember(record, peers: peers, at: now, effects: &effects)
        case .learned(let records):
            install(records, at: now, random: &random, effects: &effects)
        case .senderIDSaved(let senderID):
            useSenderID(senderID, at: now, random: &random, effects: &effects)
        case .managerCredentialSaved(let credential):
            useManagerCredential(credential, effects: &effects)
        case .leaveNoted:
            // The manager may have ended the membership meanwhile; then that is told as soon as it is durable.
            guard membership != nil else { return }
            askToLeave(at: now, random: &random, effects: &effects)
        case .leaveWithdrawn(let failure):
            effects.append(.leaveFailed(failure))
        case .keysSaved:
            useNewKeys(at: now, random: &random, effects: &effects)
        case .left:
            answerDeparture(ResourceResponse(.deleted), at: now, random: &random, effects: &effects)
            left(at: now, random: &random, effects: &effects)
        }
    }

    /// What depended on a failed commit does not happen. Marked Partial IVs stay marked: refusing too much is safe.
    func abandon(
        _ continuation: Continuation, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        switch continuation {
        case .groupReserved(let identity, _):
            guard identity == membership?.identity else { return }
            isReservingGroup = false
            failQueuedRequests(.storage, effects: &effects)
        case .associationReserved:
            isReservingAssociation = false
            drive(at: now, random: &random, effects: &effects) { link, _, wanted in
                link.notReserved(at: now, effects: &wanted)
            }
        case .deliver(_, let handle, _), .overheard(_, let handle):
            staySilent(to: handle, effects: &effects)
        case .tokenSaved:
            drive(at: now, random: &random, effects: &effects) { link, _, wanted in
                link.tokenNotSaved(at: now, effects: &wanted)
            }
        case .sendJoin, .identitySaved, .joined:
            refusedCredential = nil
            joinFailed(.storage, effects: &effects)
        case .learned:
            isReadingRoster = false
            refuseHeld(at: now, effects: &effects)
        case .senderIDSaved(let senderID):
            // Whoever has left meanwhile needs it no more: under the Gid of the next membership it may be another member's,
            // with keys and numbers that are used.
            guard senderIDRenewal == .saving else { return }
            // The former one is nobody's any more: this one must not be forgotten.
            unsavedSenderID = senderID
            renewalFailed(.storage, at: now, effects: &effects)
            effects.append(.event(.managerRefused(.renewSenderID, .storage)))
        case .managerCredentialSaved:
            effects.append(.event(.managerRefused(.managerCredential, .storage)))
        case .leaveNoted:
            membership?.isLeaving = false
            effects.append(.leaveFailed(.storage))
        case .leaveWithdrawn(let failure):
            membership?.isLeaving = true
            effects.append(.leaveFailed(failure))
        case .keysSaved:
            keysNotSaved(at: now, random: &random, effects: &effects)
        case .left(let departure):
            stay(departure, at: now)
            answerDeparture(.storageFailed, at: now, random: &random, effects: &effects)
            effects.append(.leaveFailed(.storage))
        }
    }
}
