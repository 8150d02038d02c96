import CoAP
public import OSCORE

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

extension GroupGenerations {
    // GOSC-0111
    /// Verifies a request with the context that its Gid names: the latest, or the retained one.
    ///
    /// - Returns: The verdict, and when the context was installed that gave it.
    public func verifyRequest(
        _ message: borrowing ProtectedMessage, now: Duration
    ) -> (verdict: RequestVerdict, establishedAt: Duration) {
        guard let kidContext = message.option.kidContext else { return (.rejected(.malformed), now) }
        // GOSC-0342
        guard let generation = generation(named: kidContext, at: now) else { return (.rejected(.noContext), now) }
        beginMessage()
        defer { endMessage() }
        return (generation.context.verifyRequest(message), generation.installedAt)
    }

    /// The context that a Gid names now; `nil` if there is none.
    func context(named kidContext: Span<UInt8>, at now: Duration) -> GroupContext? {
        generation(named: kidContext, at: now)?.context
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
