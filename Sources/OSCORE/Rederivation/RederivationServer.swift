import Bytes
public import CoAP

/// The server's side of the protocol of RFC 8613 §B.2 with one client.
///
/// Several runs may be open at once, because requests get lost and old ones are replayed; the first that comes to its end
/// ends them all. A server asks the context in use first: ``verifyRequest(_:r2:at:)`` is for requests that no context took.
public struct RederivationServer: ~Copyable {
    private struct Run {
        let r2: [UInt8]
        /// The ID Context that protected response #1.
        let secondContext: [UInt8]
        let begun: Duration
    }

    private let parameters: ContextParameters
    private let groupIDs: Set<[UInt8]>
    private var runs: [Run] = []

    /// Our own choice: what a replaying attacker can make a server remember.
    public static var maximumRunCount: Int { 8 }
    /// Our own choice: how long a client may take from response #1 to request #2.
    public static var runLifetime: Duration { .seconds(90) }

    /// Prepares for a client.
    ///
    /// - Parameters:
    ///   - parameters: What both endpoints know.
    ///   - groupIDs: The Gids of the groups of this endpoint; a kid context that is one of them never starts a run.
    public init(_ parameters: consuming ContextParameters, groupIDs: Set<[UInt8]> = []) {
        self.parameters = parameters
        self.groupIDs = groupIDs
    }

    /// What a request led to.
    public enum Outcome {
        /// Request #1: send this response #1 under the Token of the request.
        case challenge(Message)
        /// Request #2: genuine and new. The context replaces every earlier one with this client and protects the response.
        case established(SecurityContext, VerifiedRequest)
        /// Request #1, but too many runs are open: an unprotected 5.03 may be sent.
        case busy
        /// Not accepted.
        case rejected(VerificationFailure)
    }

    // OSC-0113
    /// Verifies a request whose kid context names no context in use.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - r2: At least eight fresh random bytes, for the case that this is request #1; never used again.
    ///   - now: The present moment of a monotonic clock.
    public mutating func verifyRequest(
        _ message: borrowing ProtectedMessage, r2: [UInt8], at now: Duration
    ) -> Outcome {
        runs.removeAll { now - $0.begun > Self.runLifetime }
        guard let kidContext = message.option.kidContext, let kid = message.option.kid,
            parameters.recipientID.matches(kid), !groupIDs.contains([UInt8](copying: kidContext)),
            let idContext = WrappedNonce.unwrap(kidContext),
            let context = try? parameters.transientContext(idContext: idContext)
        else { return .rejected(.noContext) }
        // R3 must not be ID1: response #1 has used these keys.
        guard !runs.contains(where: { $0.secondContext == idContext }) else { return .rejected(.noContext) }
        let isAnswer = runs.contains { run in
            idContext.starts(with: run.r2) && idContext.count >= run.r2.count + WrappedNonce.minimumCount
        }
        switch context.verifyRequest(message) {
        case .rejected(let failure): return .rejected(failure)
        case .replay, .unproven: return .rejected(.invalidWindow)
        case .verified(let request) where isAnswer:
            // Without its R2 a replay of request #2 finds no run to end.
            runs.removeAll()
            return .established(context, request)
        case .verified(let request):
            return challenge(request.binding, idContext: idContext, r2: r2, at: now)
        }
    }

    /// Forgets all open runs.
    public mutating func forgetRuns() {
        runs.removeAll()
    }

    /// Answers request #1 under R2 || ID1.
    private mutating func challenge(
        _ binding: RequestBinding, idContext: [UInt8], r2: [UInt8], at now: Duration
    ) -> Outcome {
        guard runs.count < Self.maximumRunCount else { return .busy }
        // An R2 that comes twice would mean the same key and nonce twice.
        guard r2.count >= WrappedNonce.minimumCount, !runs.contains(where: { $0.r2 == r2 }),
            case let secondContext = r2 + idContext,
            let second = try? parameters.transientContext(idContext: secondContext)
        else { return .rejected(.noContext) }
        let body = try? [UInt8](capacity: SecurityContext.maximumExpansion) { output throws(ProtectionError) in
            _ = try second.protectResponse(
                code: .unauthorized, body: [UInt8]().span, to: binding, partialIV: nil,
                kidContext: WrappedNonce.wrap(r2), into: &output)
        }
        guard let body, let response = try? Message(code: .changed, body: body.span) else {
            return .rejected(.noContext)
        }
        runs.append(Run(r2: r2, secondContext: secondContext, begun: now))
        return .challenge(response)
    }
}

@available(*, unavailable)
extension RederivationServer: Sendable {}

@available(*, unavailable)
extension RederivationServer.Outcome: Sendable {}
