internal import Bytes
internal import CoAP

// Answers do not multiply what an attacker sends under somebody else's address (RFC 9175 §2.4, RFC 10020 §6.3).
extension RequestServer {
    /// How long the answer to a request may be, with its header; `nil` if its address is known not to be forged, or that
    /// does not matter.
    mutating func budget(for request: ReceivedRequest<Verified>, at now: MonotonicInstant) -> Int? {
        let isTrusted =
            request.isAuthenticated ? settings.verifiedAddresses == .trust : settings.unprovenAddresses == .trust
        let isAsked = asksForProof(request)
        let echo = request.request.options.echo
        guard !isTrusted, isAsked || echo != nil,
            !reachability.isReachable(request.path.source, request.peer, at: now)
        else { return nil }
        if let echo {
            let isRight = reachability.accept(
                echo, from: request.path.source, request.peer, with: settings.echoAuthenticator,
                lifetime: settings.echoLifetime, reachableFor: settings.reachableFor, at: now)
            if isRight { return nil }
            if isAsked { counters.invalidEchoes += 1 }
        }
        return isAsked ? allowance(request) : nil
    }

    /// How long a notification may be until the client has acknowledged one; `nil` if its address is known not to be
    /// forged, or that does not matter.
    ///
    /// COAP-0196, COAP-0267: a verified registration gets its answer in full, once, unless the policy asks for proof. But
    /// it may have been caught and sent again under another address, and notifications would go there for a long time. So
    /// the first of them is confirmable, short, and sent once. There is no challenge of registrations beyond that of the
    /// policy: that notification proves as much, and costs no further round trip.
    func notificationBudget(_ inquiry: Inquiry<Verified>, at now: MonotonicInstant) -> Int? {
        let request = inquiry.received
        guard request.isAuthenticated else { return inquiry.budget }
        guard settings.verifiedAddresses != .trust,
            !reachability.isReachable(request.path.source, request.peer, at: now)
        else { return nil }
        return allowance(request)
    }

    /// Whether an answer without protection may be so long.
    ///
    /// - Parameter length: In bytes, with its header.
    func permits(_ length: Int, to request: IncomingRequest, at now: MonotonicInstant) -> Bool {
        settings.unprovenAddresses == .trust || length <= Self.allowance(request.path, request.byteCount)
            || isReachable(request.path.source, at: now)
    }

    /// Whether an address has shown lately, in requests without protection, that it is not forged.
    func isReachable(_ address: SocketAddress, at now: MonotonicInstant) -> Bool {
        reachability.isReachable(address, .endpoint(address), at: now)
    }

    /// What an address sends back to show that it is not forged.
    func challenge(for address: SocketAddress, at now: MonotonicInstant) -> [UInt8] {
        reachability.challenge(address, .endpoint(address), with: settings.echoAuthenticator, at: now)
    }

    private func asksForProof(_ request: ReceivedRequest<Verified>) -> Bool {
        // COAP-0197: a request that was protected for a group is genuine, and its address may be somebody else's.
        !request.isAuthenticated || request.path.isMulticast || settings.verifiedAddresses == .challengeAll
    }

    /// Whether an answer that is too long becomes a challenge, and not shorter.
    func prefersChallenge(_ request: ReceivedRequest<Verified>) -> Bool {
        // Who has verified the client can tell it in the group, too, without anybody else's reading or using the value.
        request.isAuthenticated || settings.unprovenAddresses == .challenge && !request.path.isMulticast
    }

    /// Whether a request asks to be remembered for minutes or longer, from an address that may be invented, while half of
    /// what is kept for that is taken. The other half is for those who have shown that they are there.
    func needsProofToBeKept(_ inquiry: Inquiry<Verified>) -> Bool {
        guard inquiry.budget != nil else { return false }
        if inquiry.observing == .register, observations.isCrowded { return true }
        guard let block = inquiry.received.request.options.block1 else { return false }
        return block.number == 0 && block.isMore && uploads.isCrowded
    }

    /// COAP-0196; many answer a group request, so there is no minimum for each (COAP-0266).
    private func allowance(_ request: ReceivedRequest<Verified>) -> Int {
        Self.allowance(request.path, request.byteCount)
    }

    private static func allowance(_ path: DatagramPath, _ byteCount: Int) -> Int {
        path.isMulticast ? 3 * byteCount : max(136, 3 * byteCount)
    }

    /// 4.01 with Echo: whoever is at the address asks again with the value, by unicast.
    mutating func challenge(
        _ request: ReceivedRequest<Verified>, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ServerEffect<Verified>]
    ) {
        guard !request.path.isMulticast || request.isAuthenticated,
            let delay = delay(for: request.path, at: now, random: &random)
        else {
            counters.suppressed += 1
            effects.append(.staySilent(request.handle))
            return
        }
        counters.challenges += 1
        var message = Message(code: .unauthorized)
        message.options.echo = reachability.challenge(
            request.path.source, request.peer, with: settings.echoAuthenticator, at: now)
        // For this client and this moment: nobody keeps it.
        message.options.maxAge = 0
        // COAP-0195: the message layer piggybacks what comes at once, or sends it as the request came.
        effects.append(.respond(request.handle, message, after: delay))
    }
}
