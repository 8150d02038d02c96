import ACEGroupcomm
import Bytes
import CoAP
public import CoAPEngine
import CryptoPrimitives
import GroupOSCORE
import OSCORE

/// How far a new Sender ID is.
enum SenderIDRenewal: Equatable {
    case none
    case asked
    /// The manager has given it; whether that was under the Gid that this node has is being asked.
    case confirming(SenderID)
    /// Being made durable: what is reserved from here on would be for the wrong one.
    case saving
}

extension NodeEngine {
    /// Asks the manager for a new Sender ID. Told by ``NodeEvent/senderIDRenewed(_:)`` or
    /// ``NodeEvent/managerRefused(_:_:)``.
    public func renewSenderID(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        askForSenderID(at: now, random: &random, effects: &effects)
        flush(into: &effects)
    }

    // GM-0238
    /// Asks for a new Sender ID while there are numbers left for a while, or none any more.
    func renewSenderIDIfNeeded(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let numbers = group?.reservation, senderIDRenewal == .none, renewsAgainAt.map({ $0 <= now }) ?? true
        else { return }
        let count = numbers.lastNumber.value + 1
        guard numbers.next + count / Self.lastPart >= count else { return }
        askForSenderID(at: now, random: &random, effects: &effects)
    }

    private func askForSenderID(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let membership, membership.roles != .monitor, generations != nil else {
            effects.append(.event(.managerRefused(.renewSenderID, .notJoined)))
            return
        }
        guard senderIDRenewal == .none, !renewal.isBusy else { return }
        senderIDRenewal = .asked
        ask(.renewSenderID, isUrgent: true, at: now, random: &random, effects: &effects)
    }

    // The answer does not say under which Gid. If the group has new keys that have not come here yet, somebody else may have
    // had this Sender ID under the former ones, and has used its numbers.
    /// Asks under which keys a new Sender ID is this node's.
    func takeSenderID(
        _ answer: Message, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard senderIDRenewal == .asked, !renewal.isBusy else {
            // New keys have come instead. Whether it is under these, the manager knows.
            if senderIDRenewal == .asked { senderIDRenewal = .none }
            if !renewal.isBusy { ask(.keys, at: now, random: &random, effects: &effects) }
            return
        }
        guard let membership, let bytes = try? SenderIDAnswer(decoding: answer.payload.span).senderID,
            let senderID = SenderID(bytes),
            // Whoever had it has used its numbers.
            isUnused(bytes, groupID: membership.groupID), peers[senderID] == nil, bytes != membership.senderID,
            bytes.count <= membership.algorithms.maximumSenderIDCount ?? 0
        else {
            renewalFailed(.malformedAnswer, at: now, effects: &effects)
            effects.append(.event(.managerRefused(.renewSenderID, .malformedAnswer)))
            return
        }
        senderIDRenewal = .confirming(senderID)
        ask(.keys, isUrgent: true, at: now, random: &random, effects: &effects)
    }

    /// Takes the Sender ID by which the manager knows this node under the keys that it has.
    func takeOwnSenderID(
        _ told: [UInt8]?, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard let membership, membership.roles != .monitor else { return }
        if case .confirming(let senderID) = senderIDRenewal {
            guard told == senderID.bytes else {
                renewalFailed(.malformedAnswer, at: now, effects: &effects)
                effects.append(.event(.managerRefused(.renewSenderID, .malformedAnswer)))
                return
            }
            // Kept before it is used.
            save(senderID, groupID: membership.groupID)
        } else if told != membership.senderID {
            replaceLostSenderID(at: now, random: &random, effects: &effects)
        }
    }

    private func save(_ senderID: SenderID, groupID: [UInt8]) {
        unsavedSenderID = nil
        senderIDRenewal = .saving
        draft.writes.append(.saveSenderID(groupID: groupID, senderID: senderID.bytes))
        draft.continuations.append(.senderIDSaved(senderID))
    }

    /// Tries again to make durable what the manager has given.
    func saveSenderIDAgain(at now: MonotonicInstant) {
        guard let senderID = unsavedSenderID, let membership, senderIDRenewal == .none, !renewal.isBusy,
            renewsAgainAt.map({ $0 <= now }) ?? true
        else { return }
        save(senderID, groupID: membership.groupID)
    }

    /// Asks for another Sender ID where the roster shows that the manager has given this node one that it has not heard of,
    /// or has not kept: nobody knows it under the one that it has. A roster that lists those roles alone
    /// that matter to this node does not list the node itself; one about strangers does.
    func renewLostSenderID(
        listed members: [ACEGroupcomm.Peer], at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard let membership, membership.roles != .monitor,
            let own = members.first(where: { $0.credential == identity?.credential }),
            own.senderID != membership.senderID, isUnused(own.senderID, groupID: membership.groupID)
        else { return }
        replaceLostSenderID(at: now, random: &random, effects: &effects)
    }

    /// The manager knows this node by another Sender ID than it has. Whether its numbers are used nobody knows, so it asks for
    /// one that is new.
    private func replaceLostSenderID(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard senderIDRenewal == .none, unsavedSenderID == nil, !renewal.isBusy,
            renewsAgainAt.map({ $0 <= now }) ?? true
        else { return }
        renewsAgainAt = now.advanced(by: configuration.maximumRosterInterval)
        askForSenderID(at: now, random: &random, effects: &effects)
    }

    // GM-0239
    /// Goes on under the new Sender ID, from number 0. Everything else of the context stays.
    func useSenderID(
        _ senderID: SenderID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard senderIDRenewal == .saving, let identity else { return }
        senderIDRenewal = .none
        noteFormerIdentity()
        guard let group else {
            // The next keys come with the Sender ID that goes with them.
            membership?.senderID = senderID.bytes
            membership?.reservedEnd = 0
            return
        }
        do {
            try group.renewSender(
                senderID: senderID, privateKey: Self.privateKey(of: identity), reservation: numbers(from: 0))
        } catch {
            // The old one is not this node's any more.
            generations = nil
            return
        }
        membership?.senderID = senderID.bytes
        membership?.reservedEnd = 0
        isReservingGroup = false
        reserve()
        effects.append(.event(.senderIDRenewed(senderID)))
    }

    /// What waited for it does not go out.
    func renewalFailed(_ failure: JoinFailure, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        senderIDRenewal = .none
        renewsAgainAt = now.advanced(by: configuration.maximumRosterInterval)
        guard group?.reservation?.isExhausted == true else { return }
        failQueuedRequests(.protection(.sequenceNumbersExhausted), effects: &effects)
    }

    /// Whether this node has never been called so under a Gid.
    func isUnused(_ senderID: [UInt8], groupID: [UInt8]) -> Bool {
        !formerIdentities.contains(MemberIdentity(groupID: groupID, senderID: senderID))
    }

    /// A new one is asked for when this part of the numbers is left.
    private static let lastPart: UInt64 = 16
}
