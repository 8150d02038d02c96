internal import COSE
internal import CoAP
internal import CoAPEngine
internal import GroupOSCORE
internal import OSCORE

/// What responses to the requests of one exchange in a group are verified with.
///
/// There are several where a group request was repeated, or an observation registered again or cancelled, with everybody or
/// with one member: until a member has answered the newer one, what it sends is bound to the one before.
///
/// An object, because it is large, and what an endpoint keeps of each exchange of OSCORE is not to be as large as this.
final class MemberRequestBinding {
    private struct Open {
        var exchange: ClientExchange
        /// How many requests of the exchange went before.
        let order: Int
    }

    private let association: MemberAssociation
    private let target: GroupPeer
    private var newest: Open
    /// The newest of them first.
    private var earlier: [Open] = []
    /// The newest request that a member has answered; nothing that is bound to an earlier one is taken from it.
    private var answered: [SenderID: Int] = [:]

    init(
        _ association: MemberAssociation, _ exchange: ClientExchange, for target: GroupPeer,
        continuing open: MemberRequestBinding?
    ) {
        self.association = association
        guard let open, open.association === association else {
            self.target = target
            newest = Open(exchange: exchange, order: 0)
            return
        }
        // Who answers is named as in the request that opened the exchange.
        self.target = open.target
        newest = Open(exchange: exchange, order: open.newest.order + 1)
        answered = open.answered
        earlier = [open.newest] + open.earlier
        if case .member(let member) = exchange.audience {
            // The member has at most one request to itself open besides.
            var found = false
            earlier.removeAll { earlier in
                guard earlier.exchange.audience == .member(member) else { return false }
                defer { found = true }
                return found
            }
        }
        if earlier.count >= Self.maximumCount { earlier.removeLast(earlier.count - Self.maximumCount + 1) }
    }

    /// Verifies a response to any of the requests; `nil` if it is not to be delivered.
    func verify(_ message: borrowing ProtectedMessage, at now: MonotonicInstant) -> SecuredResponse? {
        let sender: SenderID? = if let kid = message.option.kid { SenderID(kid) } else { nil }
        var failure = VerificationFailure.noContext
        var attempts = 0
        // Without a kid it may be of any member that was asked by itself: there is one request to each.
        let limit = message.option.isGroupMode ? Self.maximumSignatures : Self.maximumCount
        for index in -1..<earlier.count {
            let open = index < 0 ? newest : earlier[index]
            guard isCandidate(open, sender), attempts < limit else { continue }
            attempts += 1
            switch association.generations.verifyResponse(
                message, to: open.exchange.binding, now: now.sinceStart)
            {
            case .failure(let reason):
                if attempts == 1 { failure = reason }
            case .success(let received):
                return admit(received, index, isGroupMode: message.option.isGroupMode)
            }
        }
        if attempts == 0 {
            association.counters.responsesDropped += 1
        } else {
            association.counters.rejectedResponses[failure, default: 0] += 1
        }
        return nil
    }

    /// Whether a response of this member may answer a request.
    private func isCandidate(_ open: Open, _ sender: SenderID?) -> Bool {
        // Without kid it comes from the member that was asked.
        guard let sender = sender ?? open.exchange.assumedResponder else { return true }
        if let answered = answered[sender], open.order < answered { return false }
        // A member may have another Sender ID by now, but not while several requests are open.
        guard !earlier.isEmpty, case .member(let member) = open.exchange.audience else { return true }
        return member == sender
    }

    private func admit(
        _ received: GroupOSCORE.ReceivedResponse, _ index: Int, isGroupMode: Bool
    ) -> SecuredResponse? {
        let response = received.response
        guard let credential = association.generations.credentials[response.sender] else { return nil }
        var open = index < 0 ? newest : earlier[index]
        if let latest = association.context?.groupID { open.exchange.contextChanged(to: latest) }
        let verdict = open.exchange.admit(
            response.partialIV, from: response.sender, credential: credential, under: received.groupID)
        if index < 0 { newest = open } else { earlier[index] = open }
        guard verdict == .deliver || verdict == .deliverAsOlder else {
            association.counters.responsesDropped += 1
            return nil
        }
        answered[response.sender] = max(answered[response.sender] ?? 0, open.order)
        let peer =
            switch target {
            case .memberInGroupMode: GroupPeer.memberInGroupMode(response.sender, ofGroup: association.name)
            case .group, .member: GroupPeer.member(response.sender, ofGroup: association.name)
            }
        return SecuredResponse(
            message: response.message, peer: peer.identity, security: isGroupMode ? .groupMode : .pairwiseMode)
    }

    /// Requests of one exchange that answers are still taken to: with an observed group, one to each member.
    private static let maximumCount = 256
    /// How many requests a response in group mode is tried with: each costs a forged one the verification of a signature.
    private static let maximumSignatures = 4
}
