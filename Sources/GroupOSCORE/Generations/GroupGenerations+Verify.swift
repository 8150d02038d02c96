public import CoAP
public import OSCORE

extension GroupGenerations {
    // GOSC-0111
    /// Verifies a request with the context that its Gid names: the latest, or the retained one.
    ///
    /// - Returns: The verdict, and when the context was installed that gave it.
    public func verifyRequest(
        _ message: borrowing ProtectedMessage, now: Duration
    ) -> (verdict: RequestVerdict, establishedAt: Duration) {
        forgetExpired(at: now)
        guard let kidContext = message.option.kidContext else { return (.rejected(.malformed), now) }
        // GOSC-0342
        guard let generation = generation(named: kidContext, at: now) else { return (.rejected(.noContext), now) }
        beginMessage()
        defer { endMessage() }
        return (generation.context.verifyRequest(message), generation.installedAt)
    }

    /// Processes one message under the context that its Gid names, as ``process(_:)`` does with the latest.
    ///
    /// - Returns: `nil`, and `body` was not called, if no context of this group has the Gid now.
    public func process<Result>(
        under kidContext: Span<UInt8>, now: Duration, _ body: (GroupContext) -> Result
    ) -> Result? {
        guard let context = context(named: kidContext, at: now) else { return nil }
        beginMessage()
        defer { endMessage() }
        return body(context)
    }

    // GOSC-0341
    /// Verifies a response: with the context that its Gid names, else with the latest and then with the retained one.
    public func verifyResponse(
        _ message: borrowing ProtectedMessage, to binding: GroupRequestBinding, now: Duration
    ) -> Result<ReceivedResponse, VerificationFailure> {
        forgetExpired(at: now)
        guard let latest = receiving else { return .failure(.noContext) }
        // All attempts are one message.
        beginMessage()
        defer { endMessage() }
        let first = attempt(message, to: binding, with: latest)
        guard case .failure(let failure) = first, let retained = retained(at: now) else { return first }
        let second = attempt(message, to: binding, with: retained)
        guard case .failure = second, failure != .noContext else { return second }
        return first
    }

    /// Takes a response to an exchange of this member: finds the exchange, verifies, orders.
    public func receiveResponse(
        _ message: borrowing ProtectedMessage, token: Token, now: Duration
    ) -> ResponseDelivery {
        // GOSC-0003: dropped before anything is decrypted.
        guard let binding = exchanges.openBinding(of: token) else { return .unknownToken }
        switch verifyResponse(message, to: binding, now: now) {
        // GOSC-0228, GOSC-0233: the exchange is as before.
        case .failure(let failure): return .rejected(failure)
        case .success(let received): return admit(received, token: token, now: now)
        }
    }

    /// The context that a Gid names now; `nil` if there is none.
    func context(named kidContext: Span<UInt8>, at now: Duration) -> GroupContext? {
        generation(named: kidContext, at: now)?.context
    }

    private func attempt(
        _ message: borrowing ProtectedMessage, to binding: GroupRequestBinding, with generation: Generation
    ) -> Result<ReceivedResponse, VerificationFailure> {
        let groupID = generation.context.groupID
        if let kidContext = message.option.kidContext, !groupID.matches(kidContext) { return .failure(.noContext) }
        return generation.context.verifyResponse(message, to: binding).map {
            ReceivedResponse(response: $0, groupID: groupID)
        }
    }

    private func admit(_ received: ReceivedResponse, token: Token, now: Duration) -> ResponseDelivery {
        let response = received.response
        let context = context(named: received.groupID.bytes.span, at: now)
        guard let credential = context?.credential(of: response.sender),
            let verdict = exchanges.admit(
                response.partialIV, token: token, from: response.sender, credential: credential,
                under: received.groupID)
        else { return .unknownToken }
        switch verdict {
        case .deliver: return .deliver(received)
        case .deliverAsOlder: return .deliverAsOlder(received)
        case .drop, .dropForChangedKid, .ended: return .drop(verdict)
        }
    }

    private func generation(named kidContext: Span<UInt8>, at now: Duration) -> Generation? {
        guard let receiving else { return nil }
        if receiving.context.groupID.matches(kidContext) { return receiving }
        guard let retained = retained(at: now), retained.context.groupID.matches(kidContext) else { return nil }
        return retained
    }

    /// The latest context, unless new keys wait for the end of a message: then the old ones begin no other (GOSC-0105).
    private var receiving: Generation? { pending == nil ? current : nil }
}

/// A response that was verified, and under which Gid.
public struct ReceivedResponse: Sendable {
    /// The response.
    public let response: VerifiedResponse
    /// The Gid of the context that verified it.
    public let groupID: GroupID
}

/// What becomes of a received response.
public enum ResponseDelivery: Sendable {
    /// It is for the application, which has nothing fresher of this server.
    case deliver(ReceivedResponse)
    /// It is for the application, which has something fresher of this server.
    case deliverAsOlder(ReceivedResponse)
    /// It is genuine, and not to be delivered.
    case drop(ClientExchange.Verdict)
    /// No exchange has this Token: the message was not even opened.
    case unknownToken
    /// It is not genuine.
    case rejected(VerificationFailure)
}
