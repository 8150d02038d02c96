import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import OSCORE

/// The protection of the manager's endpoint: OSCORE, with every association that the state knows.
///
/// Holds the state, because that says which associations there are. Whatever is written is written by the engine.
struct ManagerSecurity: EndpointProtection {
    typealias Verified = ManagedRequest
    typealias RequestBinding = ManagedRequestBinding
    typealias ResponseBinding = ManagedResponseBinding

    var state: ManagerState
    /// What is the time.
    var now = UnixTime(seconds: 0)
    /// What an unprotected 4.01 says, Content-Format 19.
    var hints: [UInt8] = []
    var candidates: Candidates
    /// What is to be told of requests that were not verified.
    var rejections: [(from: SocketAddress, reason: RequestRejection)] = []
    /// Associations that the store has to hear of, for want of requests that are decided on: their numbers run out, because
    /// notifications need some, and answers of which the engine never hears; or they cannot be forgotten before.
    var starving: Set<AssociationName> = []
    var live: LiveAssociations
    /// Of clients that the store has forgotten and that are still told why, by Recipient ID.
    var departed: [[UInt8]: Departed] = [:]
    private let contextsPerInvitation: Int
    /// Associations of invitations that are at work and that the store does not know yet. Each is counted until it does:
    /// where nothing is decided on, nothing is stored, and what is not stored must not be forgotten.
    private var unstored: [[UInt8]: Set<AssociationKey>] = [:]

    init(state: ManagerState, settings: ManagerSettings) {
        self.state = state
        candidates = Candidates(capacity: settings.candidateLimit, perToken: settings.candidatesPerToken)
        live = LiveAssociations(capacity: settings.liveAssociations)
        contextsPerInvitation = min(settings.contextsPerInvitation, Int(UInt8.max))
    }

    mutating func verifyRequest(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<ManagedRequest, ManagedResponseBinding> {
        // A manager has nothing to say to a group.
        guard !request.path.isMulticast else { return .discarded }
        let message: ProtectedMessage
        do {
            message = try ProtectedMessage(request.body.span)
        } catch {
            guard error != .notProtected else { return .unprotected }
            return reject(request, .malformed, Message(code: .badOption))
        }
        guard let found = association(of: message) else { return reject(request, .unknownContext, unauthorized) }
        // GM-0040
        if case .client(let recipientID) = found.name, isExpired(recipientID) {
            return reject(request, .tokenExpired, unauthorized)
        }
        switch found.verify(message) {
        case .verified(let verified):
            if case .invitation(let key) = found.name, !admit(key) {
                return reject(request, .tooManyContexts, Message(code: .unauthorized))
            }
            if found.isDurable { live.insert(found, unforgettable: &starving) }
            return .verified(
                ManagedRequest(verified, over: found.name),
                ManagedResponseBinding(association: found.name, binding: verified.binding, number: found.verified),
                found.name.peer)
        case .replay: return reject(request, .replay, Message(code: .unauthorized))
        // The window of an association is stored with every request: it is never lost.
        case .unproven: return reject(request, .malformed, Message(code: .unauthorized))
        case .rejected(let failure):
            return failure == .decryption
                ? reject(request, .decryption, Message(code: .badRequest))
                : reject(request, .malformed, Message(code: .badOption))
        }
    }

    mutating func protectResponse(_ response: Message, to binding: inout ManagedResponseBinding) -> EncodedMessage? {
        // It has ended meanwhile, and with it the right to an answer.
        guard let association = association(binding.association) else { return EncodedMessage(unauthorized) }
        // Before it uses a number: what it has left behind would else be used again.
        if association.isDurable { live.insert(association, unforgettable: &starving) }
        let message = association.protect(response, to: &binding.binding, number: binding.number)
        if association.isDurable, association.context.reservation.wantedEnd != nil {
            starving.insert(binding.association)
        }
        // Without a nonce that may be used this is said to whoever wants to believe it: that of an association that had been
        // forgotten, which gets numbers now.
        return message ?? EncodedMessage(Self.comeAgain)
    }

    /// The association that a name stands for, at work.
    mutating func association(_ name: AssociationName) -> LiveAssociation? {
        if let association = live.use(name, unforgettable: &starving) { return association }
        switch name {
        case .client(let recipientID):
            if let departed = departed[recipientID] { return departed.association }
            if let candidate = candidates[recipientID] { return candidate.association }
            guard let record = state.clients[recipientID], let keys = AssociationKeys(record) else { return nil }
            return try? LiveAssociation(
                name, keys: keys, progress: record.progress, isDurable: true, remains: live.remains(of: name))
        case .invitation(let key):
            // GM-0396: what came over the associations of a barred one may have been used under other windows and numbers.
            guard let invitation = state.invitations[key.clientSenderID], invitation.barredAt == nil,
                let keys = AssociationKeys(invitation, idContext: key.idContext)
            else { return nil }
            let record = state.associations[key]
            // Its keys are derived again from the same invitation after a restart, so its marks count from the first on.
            return try? LiveAssociation(
                name, keys: keys,
                progress: record.map {
                    AssociationProgress(replayWindow: $0.replayWindow, reservedSequenceEnd: $0.reservedSequenceEnd)
                }, isDurable: true, remains: live.remains(of: name))
        }
    }

    /// The store has what an association had come to.
    mutating func stored(_ progress: WrittenProgress, of name: AssociationName) {
        if let association = live.use(name, unforgettable: &starving) { return progress.stored(in: association) }
        guard let association = association(name) else { return }
        progress.stored(in: association)
        // It was put aside meanwhile, and would lose its new numbers.
        if !isCandidate(name), association.isDurable { live.insert(association, unforgettable: &starving) }
    }

    /// A candidate has proven that it has the keys, and that is durable.
    mutating func promote(_ recipientID: [UInt8]) {
        guard let candidate = candidates[recipientID] else { return }
        candidates.remove(recipientID)
        live.insert(candidate.association, unforgettable: &starving)
    }

    /// How many associations are at work.
    var liveCount: Int { live.count }

    /// Forgets an association that is no more.
    mutating func forget(_ name: AssociationName) {
        live.remove(name)
        if case .client(let recipientID) = name {
            candidates.remove(recipientID)
        }
    }

    /// What is known of a client, be it a candidate or not.
    func client(_ recipientID: [UInt8]) -> ClientRecord? {
        state.clients[recipientID] ?? candidates[recipientID]?.record
    }

    private func isCandidate(_ name: AssociationName) -> Bool {
        guard case .client(let recipientID) = name else { return false }
        return candidates[recipientID] != nil
    }

    private func isExpired(_ recipientID: [UInt8]) -> Bool {
        client(recipientID).map { $0.expiry <= now.seconds } ?? true
    }

    private mutating func association(of message: borrowing ProtectedMessage) -> LiveAssociation? {
        guard let span = message.option.kid else { return nil }
        let kid = [UInt8](copying: span)
        if kid.count == Invitation.clientSenderIDCount {
            guard let kidContext = message.option.kidContext,
                kidContext.count == InvitationAssociation.idContextCount
            else { return nil }
            return association(
                .invitation(AssociationKey(clientSenderID: kid, idContext: [UInt8](copying: kidContext))))
        }
        return association(.client(kid))
    }

    /// Only the holder of the secret gets here, and may cost the manager so many records.
    private mutating func admit(_ key: AssociationKey) -> Bool {
        guard state.associations[key] == nil else { return true }
        var others = unstored[key.clientSenderID] ?? []
        if others.contains(key) { return true }
        others = others.filter { state.associations[$0] == nil }
        let stored = Int(state.associationCounts[key.clientSenderID, default: 0])
        guard stored + others.count < contextsPerInvitation else {
            return false
        }
        others.insert(key)
        unstored[key.clientSenderID] = others
        return true
    }

    /// GM-0082, GM-0157: where to get a token.
    var unauthorized: Message {
        guard !hints.isEmpty else { return Message(code: .unauthorized) }
        var options = Options()
        options.contentFormat = .ace
        return Message(code: .unauthorized, options: options, payload: hints)
    }

    private mutating func reject(
        _ request: IncomingRequest, _ reason: RequestRejection, _ answer: Message
    ) -> ProtectionVerdict<ManagedRequest, ManagedResponseBinding> {
        if rejections.count < Self.rejectionsKept { rejections.append((request.path.source, reason)) }
        return .refused(answer)
    }

    private static let comeAgain: Message = {
        var options = Options()
        options.maxAge = 1
        return Message(code: .serviceUnavailable, options: options)
    }()

    /// Of one input; only for the log.
    private static let rejectionsKept = 64
}

/// What answers to one request are protected with.
///
/// Names the association, and does not keep it: observations live long, and their notifications must come out of the same
/// reservation of numbers as everything else.
struct ManagedResponseBinding {
    let association: AssociationName
    var binding: OSCORE.RequestBinding
    /// Which request of the association it is.
    let number: UInt64
}
