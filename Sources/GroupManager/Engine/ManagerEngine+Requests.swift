import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import OSCORE

extension ManagerEngine {
    /// Looks at an input, or puts it into the queue if it has to wait.
    mutating func take(
        _ input: Input, at now: MonotonicInstant, wallClock: UnixTime, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        switch input {
        case .network(let request):
            // A manager has nothing to say to a group: nothing is answered on multicast.
            guard !request.path.isMulticast else {
                staySilent(to: request.handle, effects: &effects)
                return
            }
            guard open == nil else {
                guard !enqueue(input) else { return }
                reject(
                    request, .overloaded, .unprotectedError(.serviceUnavailable), at: now,
                    random: &random, effects: &effects)
                return
            }
            serve(request, at: now, wallClock: wallClock, random: &random, effects: &effects)
        case .admin(let request, let id):
            guard open == nil || !AdminResources.mayWrite(request) else {
                guard !enqueue(input) else { return }
                effects.append(.answer(id, .problem(.serviceUnavailable, detail: "the manager is busy")))
                return
            }
            serve(request, id: id, wallClock: wallClock, random: &random, effects: &effects)
        }
    }

    /// Looks at what waited, until the next commit is open.
    mutating func drainQueue(
        at now: MonotonicInstant, wallClock: UnixTime, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        while open == nil, !queue.isEmpty {
            take(queue.removeFirst(), at: now, wallClock: wallClock, random: &random, effects: &effects)
        }
    }

    private mutating func enqueue(_ input: Input) -> Bool {
        guard queue.count < settings.queueLimit else { return false }
        queue.append(input)
        return true
    }

    private mutating func serve(
        _ request: AdminRequest, id: AdminRequestID, wallClock: UnixTime, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        let decision = AdminResources(state: state, settings: settings, now: wallClock.seconds)
            .decide(request, random: &random)
        guard !decision.writes.isEmpty else {
            effects.append(.answer(id, decision.answer))
            return
        }
        let isOpen = commit(
            decision.writes, events: decision.events, reply: .admin(id, decision.answer), effects: &effects)
        if !isOpen {
            effects.append(.answer(id, .problem(.internalServerError, detail: "the change breaks a rule of the store")))
        }
    }

    // OSC-0081, RFC 8613 §8.2: from a received request to a verified one, and then to its resource.
    private mutating func serve(
        _ request: IncomingRequest, at now: MonotonicInstant, wallClock: UnixTime,
        random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        switch verify(request) {
        case .rejected(let reason, let answer):
            reject(request, reason, answer, at: now, random: &random, effects: &effects)
        case .verified(let verified, let invitation, let record):
            let caller = Caller(
                invitation: invitation, association: record.key, address: request.path.source.address,
                now: wallClock.seconds)
            let decision = MemberResources(state: state, settings: settings, caller: caller).decide(
                verified, random: &random)
            let reply = { answer in
                NetworkReply(
                    handle: request.handle, association: record.key, binding: verified.binding, answer: answer)
            }
            // GM-0495: the mark of the request becomes durable with whatever the request changes, before any answer.
            let isOpen = commit(
                [.putAssociation(record)] + decision.writes, events: decision.events,
                reply: .network(reply(decision.answer)), effects: &effects)
            guard !isOpen else { return }
            // A decision that breaks a guard is a fault of ours: the peer hears of it, and nothing else changes.
            _ = commit(
                [.putAssociation(record)], events: [],
                reply: .network(reply(Message(code: .internalServerError))), effects: &effects)
        }
    }

    private enum Verification {
        case verified(VerifiedRequest, InvitationRecord, AssociationRecord)
        case rejected(RequestRejection, Message)
    }

    private func verify(_ request: IncomingRequest) -> Verification {
        let noContext = Message.unprotectedError(.unauthorized)
        let message: ProtectedMessage
        do {
            message = try ProtectedMessage(request.body.span)
        } catch {
            // GM-0077: nothing here is for strangers.
            return error == .notProtected
                ? .rejected(.notProtected, .unprotectedError(.unauthorized))
                : .rejected(.malformed, .unprotectedError(.badOption))
        }
        guard let kid = message.option.kid, let kidContext = message.option.kidContext,
            kidContext.count == InvitationAssociation.idContextCount,
            let invitation = state.invitations[[UInt8](copying: kid)]
        else { return .rejected(.unknownContext, noContext) }
        let key = AssociationKey(
            clientSenderID: invitation.clientSenderID, idContext: [UInt8](copying: kidContext))
        let record = state.associations[key]
        guard let association = Association(invitation, idContext: key.idContext, record: record) else {
            return .rejected(.unknownContext, noContext)
        }
        switch association.verify(message) {
        case .replay:
            return .rejected(.replay, .unprotectedError(.unauthorized))
        case .unproven:
            // The window of an association is stored with every request: it is never lost.
            return .rejected(.malformed, noContext)
        case .rejected(let failure):
            return failure == .decryption
                ? .rejected(.decryption, .unprotectedError(.badRequest))
                : .rejected(.malformed, .unprotectedError(.badOption))
        case .verified(let verified):
            // Only the holder of the secret gets here, and may cost the manager this many records.
            guard record != nil || contextCount(of: invitation) < settings.contextsPerInvitation else {
                return .rejected(.tooManyContexts, noContext)
            }
            return .verified(verified, invitation, association.updatedRecord)
        }
    }

    private func contextCount(of invitation: InvitationRecord) -> Int {
        state.associations.keys.count { $0.clientSenderID == invitation.clientSenderID }
    }
}
