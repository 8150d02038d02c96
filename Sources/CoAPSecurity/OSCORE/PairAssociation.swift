internal import CoAP
internal import CoAPEngine
internal import OSCORE

/// One OSCORE Security Context at work, and what belongs to it.
final class PairAssociation {
    let context: SecurityContext
    let peer: PeerIdentity
    var counters = SecurityCounters()
    private let store: any SequenceNumberStore
    private var challenge: EchoChallenge?
    private var challengeRate = ChallengeRate()

    /// Derives the context and makes durable that it is in use.
    init(_ description: OSCOREAssociation) throws(InvalidAssociation) {
        peer = description.peer
        store = description.store
        do {
            context = try SecurityContext(
                masterSecret: description.masterSecret.span, masterSalt: description.masterSalt.span,
                idContext: description.idContext, senderID: description.senderID,
                recipientID: description.recipientID, algorithm: description.algorithm, hkdf: description.hkdf,
                reservation: SequenceReservation(
                    resumingAt: description.reservedEnd, blockSize: description.reservedAtOnce),
                replayWindow: ReplayWindow())
            // OSC-0075: what an earlier run has accepted is not known any more.
            if description.reservedEnd > 0 { context.loseReplayWindow() }
            // Even if no number is ever used: the next run sees that these keys are not new.
            guard let end = context.reservation.wantedEnd else { throw ProtectionError.sequenceNumbersExhausted }
            try store.reserve(below: end)
            context.extendReservation(to: end)
        } catch {
            throw InvalidAssociation("\(error)")
        }
    }

    /// Makes the next numbers durable before the first of them is used.
    ///
    /// - Throws: ``ProtectionRefusal/notStored(_:)`` if that fails and no number is left that is durable already.
    func reserve() throws(ProtectionRefusal) {
        guard let end = context.reservation.wantedEnd else { return }
        do {
            try store.reserve(below: end)
        } catch {
            counters.storeFailures += 1
            guard context.reservation.next < context.reservation.reservedEnd else { throw .notStored("\(error)") }
            return
        }
        context.extendReservation(to: end)
    }

    /// Protects a request.
    ///
    /// - Parameter open: What the exchange was opened with, if it goes on.
    func protect(
        _ request: Message, continuing open: PairRequestBinding?
    ) throws(ProtectionRefusal) -> (EncodedMessage, PairRequestBinding) {
        try reserve()
        do throws(ProtectionError) {
            let (message, binding) = try context.protectedRequest(request)
            return (message, PairRequestBinding(association: self, binding: binding, continuing: open))
        } catch .sequenceNumbersExhausted {
            throw .numbersExhausted
        } catch {
            throw .unsuitableMessage
        }
    }

    /// Asks the peer to show that its request is new; takes the one that shows it (RFC 8613 §B.1.2).
    func prove(
        _ request: OSCORE.UnprovenRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<SecuredRequest, SecuredResponseBinding> {
        let moment = Duration.nanoseconds(now.nanoseconds)
        if let challenge, challenge.isAnswered(by: request.echo, at: moment) {
            self.challenge = nil
            guard case .verified(let verified) = context.accept(request) else { return .discarded }
            // Nothing but the Echo value says that its nonce is free: if that came twice, out of a machine that was copied, so
            // would the nonce.
            return .verified(
                .oscore(verified), .pair(PairResponseBinding(self, verified.binding, usesOwnPartialIV: true)), peer)
        }
        // A replay must not drive out the challenge that the peer is about to answer.
        if challenge.map({ moment - $0.issued > $0.lifetime }) ?? true {
            let value = (0..<EchoChallenge.valueCount).map { _ in UInt8.random(in: 0...255, using: &random) }
            challenge = EchoChallenge(random: value.span, at: moment)
        }
        guard let challenge else { return .discarded }
        guard challengeRate.admit(request.binding.partialIV, isMulticast: false, at: now) else {
            counters.challengesWithheld += 1
            return .discarded
        }
        counters.challenges += 1
        var binding = request.binding
        guard (try? reserve()) != nil,
            let response = try? context.protectResponse(challenge.response, to: &binding, usesOwnPartialIV: true)
        else { return .discarded }
        return .refused(response)
    }
}

/// What answers to a request of the peer are protected with.
struct PairResponseBinding {
    let association: PairAssociation
    private var binding: OSCORE.RequestBinding
    /// Whether the nonce of the request is never used, free or not.
    private let usesOwnPartialIV: Bool

    init(_ association: PairAssociation, _ binding: OSCORE.RequestBinding, usesOwnPartialIV: Bool = false) {
        self.association = association
        self.binding = binding
        self.usesOwnPartialIV = usesOwnPartialIV
    }

    mutating func protect(_ response: Message) -> EncodedMessage? {
        let context = association.context
        if binding.isRequestNonceFree, !usesOwnPartialIV {
            do throws(ProtectionError) {
                return try context.protectedResponse(response, to: &binding)
            } catch .requestNonceUsed {
                // Too many later requests have been answered meanwhile to know that this one has not.
            } catch {
                return nil
            }
        }
        guard (try? association.reserve()) != nil else { return nil }
        return try? context.protectedResponse(response, to: &binding, usesOwnPartialIV: true)
    }
}
