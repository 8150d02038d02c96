import ACEGroupcomm
import CoAP
public import CoAPEngine
import CryptoPrimitives
import GroupOSCORE
import OSCORE

/// What a node had of its group, until it is durable that it has it no more.
struct Departure {
    let membership: MembershipRecord
    let generations: GroupGenerations?
    let peers: [SenderID: Peer]
}

/// Who somebody was under one Gid.
struct MemberIdentity: Hashable {
    let groupID: [UInt8]
    let senderID: [UInt8]
}

extension MembershipRecord {
    /// Who this member is now.
    var identity: MemberIdentity { MemberIdentity(groupID: groupID, senderID: senderID) }
}

extension NodeEngine {
    /// Asks the manager to let this node leave its group. Told by ``NodeEffect/left(_:)`` or
    /// ``NodeEffect/leaveFailed(_:)``; until then the node is a member.
    ///
    /// The wish is durable before the manager hears of it. A node that crashes in between goes on with it when it starts: it
    /// would else find that it is no member any more, and join again.
    public func leave(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let membership else {
            if endReason != nil {
                // It has ended a moment ago: the node does not join again by itself.
                endReason = .commanded
                leavesWhenJoined = isJoining
            } else if isJoining {
                leavesWhenJoined = true
            } else {
                effects.append(.leaveFailed(.notJoined))
            }
            return
        }
        leavesAgainAt = nil
        if membership.isLeaving {
            askToLeave(at: now, random: &random, effects: &effects)
        } else {
            noteLeaving()
        }
        flush(into: &effects)
    }

    /// Makes the wish to leave durable; then the manager hears of it.
    func noteLeaving() {
        leavesWhenJoined = false
        membership?.isLeaving = true
        draft.writes.append(.saveLeaving(true))
        draft.continuations.append(.leaveNoted)
    }

    func askToLeave(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard link != nil else {
            ask(.leave, isUrgent: true, at: now, random: &random, effects: &effects)
            return
        }
        drive(at: now, random: &random, effects: &effects) { link, random, wanted in
            link.askAtOnce(.leave, at: now, random: &random, effects: &wanted)
        }
    }

    /// Asks once more for what was asked for before the start.
    func leaveAgain(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let due = leavesAgainAt, due <= now, membership != nil else { return }
        leavesAgainAt = now.advanced(by: configuration.maximumRosterInterval)
        ask(.leave, isUrgent: true, at: now, random: &random, effects: &effects)
    }

    /// The manager has not let this node go.
    func leaveFailed(
        _ failure: JoinFailure, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        let isFinishing = leavesAgainAt != nil
        if isFinishing {
            // Whoever wanted it has gone: it is tried until the manager says something.
            guard case .refused(let code, _) = failure, code.class == 4, code != .tooManyRequests else { return }
        }
        leavesAgainAt = nil
        guard membership?.isLeaving == true else {
            effects.append(.leaveFailed(failure))
            return
        }
        membership?.isLeaving = false
        draft.writes.append(.saveLeaving(false))
        // Whoever is told may end this process.
        draft.continuations.append(.leaveWithdrawn(failure))
        if isFinishing { beginMembership(at: now, random: &random, effects: &effects) }
    }

    /// Stops using the keys of the group at once, and forgets them durably.
    func leaveGroup(
        _ reason: LeaveReason, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard let membership else { return }
        // Whoever was told to leave does not join again, though it hears first that it is no member any more.
        let reason: LeaveReason = membership.isLeaving && reason == .unknownToManager ? .commanded : reason
        // What is stored is either the keys before or those after: that has to be known first.
        guard !renewal.isSaving else {
            if renewal.leavesBehind == nil || reason != .unknownToManager { renewal.leavesBehind = reason }
            return
        }
        let departure = Departure(membership: membership, generations: generations, peers: peers)
        renewal = KeyRenewal()
        noteFormerIdentity()
        noteFormerWindows()
        link?.dropMembershipQuestions(at: now, random: &random)
        failQueuedRequests(.notJoined, effects: &effects)
        for exchange in groupRequests.keys { complete(exchange, at: now, effects: &effects) }
        refuseHeld(at: now, effects: &effects)
        self.membership = nil
        generations = nil
        peers = [:]
        checksAt = nil
        leavesAgainAt = nil
        senderIDRenewal = .none
        unsavedSenderID = nil
        isReservingGroup = false
        isReadingRoster = false
        draft.writes.append(.forgetMembership)
        // GM-0071: the next join is another one.
        renewClientNonce(random: &random)
        endReason = reason
        draft.continuations.append(.left(departure))
    }

    /// The membership is forgotten.
    func left(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let reason = endReason else { return }
        endReason = nil
        isGroupActive = true
        policies = GroupPolicies()
        keysExpireAt = nil
        effects.append(.left(reason))
        effects.append(.event(.left(reason)))
        // GM-0368: at most once, unless the new membership has worked meanwhile.
        guard reason == .unknownToManager, !hasRejoined, !isJoining else { return }
        hasRejoined = true
        isJoining = true
        hasRetriedJoin = false
        beginAssociationAnew()
        ask(.join, isUrgent: true, at: now, random: &random, effects: &effects)
    }

    /// The next membership has other keys towards the manager than any before: a DELETE that was held back on its way ends that
    /// which it was for, and no later one.
    func beginAssociationAnew() {
        link?.renew(.upload)
    }

    /// It could not be made durable: after the next start the node would be a member again, so it is one.
    func stay(_ departure: Departure, at now: MonotonicInstant) {
        endReason = nil
        membership = departure.membership
        generations = departure.generations
        peers = departure.peers
        scheduleExpiry(at: now)
        // Whoever has ended the membership says so again.
        checksAt = now.advanced(by: configuration.maximumRosterInterval)
        // What was under way about keys was dropped with the rest.
        guard let generations, generations.catchUpStep != nil else { return }
        generations.restartCatchUp()
        renewal.step = .fetchingKeys
        renewal.fetchesAt = checksAt
    }

    /// Remembers under which identity this process has numbered messages.
    func noteFormerIdentity() {
        guard let membership else { return }
        formerIdentities.insert(membership.identity)
    }

    // GOSC-0088
    /// Remembers what was heard of the others, in case this node goes on later under the same Gid.
    func noteFormerWindows() {
        guard let membership, let group else { return }
        // Of other Gids there is nothing to come back to.
        formerWindows = formerWindows.filter { $0.key.groupID == membership.groupID }
        for senderID in group.recipientIDs {
            guard let window = group.replayWindow(of: senderID), window.snapshot.highest != nil || !window.isValid
            else {
                continue
            }
            formerWindows[MemberIdentity(groupID: membership.groupID, senderID: senderID.bytes)] = window
        }
    }

    /// Draws N_C for a join that is another one than the last.
    func renewClientNonce(random: inout some RandomNumberGenerator) {
        guard var record = associationRecord else { return }
        record.clientNonce = random.bytes(Self.nonceCount)
        associationRecord = record
        draft.writes.append(.saveAssociation(record))
    }
}
