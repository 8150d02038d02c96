import ACEGroupcomm
import COSE
import CoAP
public import CoAPEngine
import CryptoPrimitives
import GroupOSCORE

extension NodeEngine {
    /// Reads the manager's credential anew. Told by ``NodeEvent/managerCredentialReplaced``, by
    /// ``NodeEvent/managerRefused(_:_:)``, or not at all if it is the one that this node has.
    public func readManagerCredential(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard membership != nil else {
            effects.append(.event(.managerRefused(.managerCredential, .notJoined)))
            return
        }
        ask(.managerCredential, isUrgent: true, at: now, random: &random, effects: &effects)
        flush(into: &effects)
    }

    // GM-0298
    /// Keeps the manager's credential once it is proved that the manager has the private key.
    func takeManagerCredential(_ answer: Message, effects: inout [NodeEffect]) {
        guard let membership, var association = associationRecord else { return }
        guard !renewal.isBusy else {
            effects.append(.event(.managerRefused(.managerCredential, .keysAreChanging)))
            return
        }
        guard let read = try? ManagerCredentialAnswer(decoding: answer.payload.span) else {
            effects.append(.event(.managerRefused(.managerCredential, .malformedAnswer)))
            return
        }
        let credential: AuthenticationCredential
        do {
            credential = try provenManager(
                read, format: membership.credentialFormat, isSigned: membership.algorithms.hasGroupMode)
        } catch {
            effects.append(.event(.managerRefused(.managerCredential, error)))
            return
        }
        guard credential.bytes != membership.managerCredential else { return }
        draft.writes.append(.saveManagerCredential(credential.bytes))
        // The next join is with the same manager.
        association.managerCredentialHash = SHA256.hash(read.credential.span)
        associationRecord = association
        draft.writes.append(.saveAssociation(association))
        draft.continuations.append(.managerCredentialSaved(credential.bytes))
    }

    /// Every message is bound to the manager's credential: the context is built anew, and what is durable or received of it
    /// goes on.
    func useManagerCredential(_ credential: [UInt8], effects: inout [NodeEffect]) {
        guard var record = membership else { return }
        record.managerCredential = credential
        // What was told before the join may name the former one.
        link?.terms = nil
        defer { effects.append(.event(.managerCredentialReplaced)) }
        guard let generations, let former = group else {
            // The next keys are bound to it.
            membership = record
            return
        }
        do {
            // Behind every number that the former context may have used.
            let next = try groupContext(record)
            for senderID in former.recipientIDs {
                guard let known = former.credential(of: senderID) else { continue }
                try next.addRecipient(senderID, credential: known, replayWindow: former.replayWindow(of: senderID))
            }
            try generations.replaceLatest(with: next)
            membership = record
        } catch {
            // The former context would not be understood any more.
            self.generations = nil
        }
        reserve()
    }
}
