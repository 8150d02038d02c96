internal import Bytes
internal import COSE
internal import CoAP
internal import CoAPEngine
internal import CryptoPrimitives
internal import GroupOSCORE
internal import OSCORE

/// One group at work, and what belongs to it.
final class MemberAssociation {
    let name: String
    let generations: GroupGenerations
    var counters = SecurityCounters()
    private let answerMode: GroupAssociation.AnswerMode
    private let unicastGroupRequests: UnicastGroupRequestPolicy
    private let store: any SequenceNumberStore
    /// Of each member, so that replays of what one has sent do not keep others from recovering.
    private var challengeRates: [SenderID: ChallengeRate] = [:]

    /// Derives the context and makes durable that it is in use.
    init(_ description: GroupAssociation) throws(InvalidAssociation) {
        name = description.name
        answerMode = description.answerMode
        unicastGroupRequests = description.unicastGroupRequests
        store = description.store
        generations = GroupGenerations(name: description.name)
        guard description.name.utf8.count <= 255 else { throw InvalidAssociation("the name of the group is too long") }
        do {
            try install(description)
        } catch let error as InvalidAssociation {
            throw error
        } catch {
            throw InvalidAssociation("group \(name): \(error)")
        }
    }

    /// The context that sends; `nil` while there is none.
    var context: GroupContext? { generations.latest?.context }

    private func install(_ description: GroupAssociation) throws {
        var credentials: [SenderID: AuthenticationCredential] = [:]
        for member in description.members {
            guard member.senderID != description.senderID else {
                throw InvalidAssociation("group \(name): \(member.senderID) is the endpoint itself and another member")
            }
            guard credentials.updateValue(member.credential, forKey: member.senderID) == nil else {
                throw InvalidAssociation("group \(name) has two members \(member.senderID)")
            }
        }
        generations.credentials = MemberCredentials(credentials)
        let material = GroupKeyingMaterial(
            keyGeneration: 0, groupID: description.groupID, masterSecret: description.masterSecret.span,
            masterSalt: description.masterSalt)
        let kind = description.credential.publicKey.kind
        let privateKey: PrivateKey
        do throws(CryptoError) {
            privateKey = try PrivateKey(kind, secret: description.privateKey.span)
        } catch {
            throw InvalidAssociation("group \(name): the private key of \(description.senderID) is not one")
        }
        var handedOver: PrivateKey? = consume privateKey
        try generations.install(material, stale: [], now: .zero) { material throws(ContextError) in
            guard let privateKey = handedOver.take() else { throw .noSenderContext }
            return try GroupContext(
                groupID: material.groupID, masterSecret: material.masterSecret.bytes, masterSalt: material.masterSalt,
                algorithms: description.algorithms, managerCredential: description.managerCredential,
                keyGeneration: material.keyGeneration, senderID: description.senderID,
                credential: description.credential, privateKey: privateKey,
                reservation: SequenceReservation(
                    resumingAt: description.reservedEnd, blockSize: description.reservedAtOnce),
                replayWindowSize: description.replayWindowSize, countersignItems: description.countersignItems)
        }
        guard let context else { throw ProtectionError.noSenderContext }
        // GOSC-0085, GOSC-0092: what an earlier run has accepted is not known any more.
        if description.reservedEnd > 0 {
            var lost = try ReplayWindow(size: description.replayWindowSize)
            lost.invalidate()
            for member in description.members where member.senderID != description.senderID {
                try context.addRecipient(member.senderID, credential: member.credential, replayWindow: lost)
            }
        }
        let hasAnswerMode =
            switch answerMode {
            case .same: true
            case .group: context.algorithms.hasGroupMode
            case .pairwise: context.algorithms.hasPairwiseMode
            }
        guard hasAnswerMode else { throw ProtectionError.modeUnavailable }
        // Even if no number is ever used: the next run sees that these keys are not new.
        guard let end = context.reservation?.wantedEnd else { throw ProtectionError.sequenceNumbersExhausted }
        try store.reserve(below: end)
        context.extendReservation(to: end)
    }

    /// Makes the next numbers durable before the first of them is used.
    ///
    /// - Throws: ``ProtectionRefusal/notStored(_:)`` if that fails and no number is left that is durable already.
    func reserve() throws(ProtectionRefusal) {
        guard let context, let reservation = context.reservation, let end = reservation.wantedEnd else { return }
        do {
            try store.reserve(below: end)
        } catch {
            counters.storeFailures += 1
            guard reservation.next < reservation.reservedEnd else { throw .notStored("\(error)") }
            return
        }
        context.extendReservation(to: end)
    }

    /// Lets a verified request in, unless it came by a way that the policy does not permit.
    func admit(
        _ request: GroupOSCORE.VerifiedRequest, isMulticast: Bool
    ) -> ProtectionVerdict<SecuredRequest, SecuredResponseBinding> {
        let binding = MemberResponseBinding(self, request.binding)
        // GOSC-0349
        guard
            unicastGroupRequests.permits(
                request.message.code, isGroupMode: request.binding.isGroupMode, isMulticast: isMulticast)
        else {
            counters.forbiddenRequests += 1
            return binding.protect(Message(code: .forbidden)).map { .answered($0) } ?? .discarded
        }
        return .verified(
            .group(request), .member(binding), GroupPeer.member(request.sender, ofGroup: name).identity)
    }

    /// Asks a member to show that its request is new; takes the one that shows it (RFC 10021 §9).
    func prove(
        _ request: GroupOSCORE.UnprovenRequest, isMulticast: Bool, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<SecuredRequest, SecuredResponseBinding> {
        switch generations.freshness.judge(request, now: now.sinceStart, random: &random) {
        case .deliver:
            let groupID = request.binding.groupID
            switch generations.process(under: groupID.bytes.span, now: now.sinceStart, { $0.accept(request) }) {
            case .verified(let verified): return admit(verified, isMulticast: isMulticast)
            case .replay: counters.replays += 1
            case .unproven, .rejected, nil: break
            }
            return .discarded
        case .challenge(let value):
            let number = request.binding.request.partialIV
            let isAdmitted = challengeRates[request.sender, default: ChallengeRate()].admit(
                number, isMulticast: isMulticast, at: now)
            guard isAdmitted else {
                counters.challengesWithheld += 1
                return .discarded
            }
            counters.challenges += 1
            let binding = MemberResponseBinding(self, request.binding)
            // GOSC-0264. For this client alone, whatever the mode of answers: a signature costs more, and aiocoap's client
            // does not find the context of a challenge in group mode.
            let response = binding.protect(
                EchoChallengeResponse.message(value), inGroupMode: context?.algorithms.hasPairwiseMode == false,
                usesOwnPartialIV: true)
            return response.map { .answered($0) } ?? .discarded
        case .discard: return .discarded
        }
    }

    /// Protects a request for everybody or for one member.
    ///
    /// - Parameter open: What the exchange was opened with, if it goes on.
    func protect(
        _ request: Message, for target: GroupPeer, continuing open: MemberRequestBinding?, at now: MonotonicInstant
    ) throws(ProtectionRefusal) -> (EncodedMessage, MemberRequestBinding) {
        guard let context else { throw .unknownAssociation }
        let audience = target.senderID.map { ClientExchange.Audience.member($0) } ?? .group
        if let member = target.senderID, context.credential(of: member) == nil { throw .unknownAssociation }
        let mode =
            switch target {
            // GOSC-0269: what gives an Echo value back is for the one who gave it.
            case .memberInGroupMode where request.options.echo == nil:
                RequestMode(for: .group, algorithms: context.algorithms)
            case .group, .member, .memberInGroupMode: RequestMode(for: audience, algorithms: context.algorithms)
            }
        guard let mode else { throw .modeUnavailable }
        try reserve()
        do throws(ProtectionError) {
            let (message, binding) = try context.protectedRequest(request, in: mode)
            let exchange = ClientExchange(
                binding, groupName: name, audience: audience, observes: binding.request.observe == .registration,
                openedAt: now.sinceStart)
            return (message, MemberRequestBinding(self, exchange, for: target, continuing: open))
        } catch .sequenceNumbersExhausted {
            throw .numbersExhausted
        } catch .modeUnavailable {
            throw .modeUnavailable
        } catch {
            throw .unsuitableMessage
        }
    }

    /// Whether answers to a request are protected in group mode.
    func answersInGroupMode(_ request: GroupRequestBinding) -> Bool {
        switch answerMode {
        case .same: request.isGroupMode
        case .group: true
        case .pairwise: false
        }
    }
}

/// What answers to a request of a member are protected with. An object, as ``MemberRequestBinding`` is.
final class MemberResponseBinding {
    let association: MemberAssociation
    private var binding: GroupRequestBinding

    init(_ association: MemberAssociation, _ binding: GroupRequestBinding) {
        self.association = association
        self.binding = binding
    }

    /// - Parameter inGroupMode: `nil` for the mode of answers.
    func protect(
        _ response: Message, inGroupMode: Bool? = nil, usesOwnPartialIV: Bool = false
    ) -> EncodedMessage? {
        // Without new numbers an answer can still go out that needs none.
        try? association.reserve()
        return try? association.context?.protectedResponse(
            response, to: &binding, isGroupMode: inGroupMode ?? association.answersInGroupMode(binding),
            usesOwnPartialIV: usesOwnPartialIV)
    }
}
