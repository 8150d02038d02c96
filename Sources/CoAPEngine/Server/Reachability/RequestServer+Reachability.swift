internal import CoAP

// Answers do not multiply what an attacker sends under somebody else's address (RFC 9175 §2.4, RFC 10020 §6.3).
extension RequestServer {
    /// How long the answer to a request may be, with its header; `nil` if its address is known not to be forged.
    mutating func budget(for request: ReceivedRequest<Verified>, at now: MonotonicInstant) -> Int? {
        guard !request.isAuthenticated, settings.unprovenAddresses != .trust else { return nil }
        let source = request.path.source
        if !reachability.isReachable(source, at: now) {
            guard let echo = request.request.options.echo else { return allowance(request) }
            let isRight = reachability.accept(
                echo, from: source, request.peer, with: settings.echoAuthenticator, lifetime: settings.echoLifetime,
                reachableFor: settings.reachableFor, at: now)
            guard isRight else {
                counters.invalidEchoes += 1
                return allowance(request)
            }
        }
        return nil
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
        request.path.isMulticast ? 3 * request.byteCount : max(136, 3 * request.byteCount)
    }

    /// 4.01 with Echo: whoever is at the address asks again with the value.
    mutating func challenge(
        _ request: ReceivedRequest<Verified>, at now: MonotonicInstant, effects: inout [ServerEffect<Verified>]
    ) {
        guard !request.path.isMulticast else {
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
        effects.append(.respond(request.handle, message, after: .zero))
    }
}
