import Bytes
public import CoAP

/// The client's side of one run of the protocol of RFC 8613 §B.2, by which two endpoints with one Master Secret come to
/// keys that were never used.
///
/// Protect request #1, verify response #1, protect request #2, verify response #2. Group contexts have no part in it:
/// their ID Context is the Gid.
public struct RederivationClient: ~Copyable {
    private enum State {
        /// Request #1 may be protected; response #1 is awaited.
        case first(SecurityContext, idContext: [UInt8])
        /// Request #2 may be protected; response #2 is awaited.
        case third(SecurityContext)
        case established(SecurityContext)
    }

    private let parameters: ContextParameters
    private var state: State

    /// How many random bytes R1 and R3 have at least; more are better only for very busy endpoints.
    public static var nonceCount: Int { WrappedNonce.minimumCount }

    /// Begins a run, because there is no valid context.
    ///
    /// - Parameters:
    ///   - parameters: What both endpoints know.
    ///   - r1: At least ``nonceCount`` fresh random bytes.
    /// - Throws: ``ContextError/invalidKeyMaterial`` if `r1` is too short.
    public init(_ parameters: consuming ContextParameters, r1: [UInt8]) throws(ContextError) {
        guard r1.count >= WrappedNonce.minimumCount else { throw .invalidKeyMaterial }
        state = .first(try parameters.transientContext(idContext: r1), idContext: r1)
        self.parameters = parameters
    }

    /// Follows a server that lost its part of `context`: a request that this context protected is request #1.
    ///
    /// - Throws: ``ContextError/invalidKeyMaterial`` if the context has no ID Context.
    public init(_ parameters: consuming ContextParameters, continuing context: SecurityContext) throws(ContextError) {
        guard let idContext = context.idContext else { throw .invalidKeyMaterial }
        state = .first(context, idContext: idContext)
        self.parameters = parameters
    }

    /// The context that protects the next request: the first one until response #1 came, then the third one.
    public var context: SecurityContext {
        switch state {
        case .first(let context, _), .third(let context), .established(let context): context
        }
    }

    // OSC-0113
    /// Verifies response #1, protected under R2 || ID1; from then on requests are protected under R2 || R3.
    ///
    /// - Parameters:
    ///   - binding: That of request #1.
    ///   - r3: At least ``nonceCount`` fresh random bytes; not those of ID1, which would bring the keys of response #1 back.
    /// - Returns: `nil` on success. Nothing has changed on failure.
    public mutating func receiveChallenge(
        _ message: borrowing ProtectedMessage, to binding: RequestBinding, r3: [UInt8]
    ) -> VerificationFailure? {
        guard case .first(_, let idContext) = state, r3.count >= WrappedNonce.minimumCount, r3 != idContext,
            let r2 = WrappedNonce.unwrap(message.option.kidContext),
            let second = try? parameters.transientContext(idContext: r2 + idContext)
        else { return .noContext }
        second.responseKidContext = WrappedNonce.wrap(r2)
        switch second.verifyResponse(message, to: binding) {
        case .failure(let failure): return failure
        case .success(let response): guard response.code == .unauthorized else { return .malformed }
        }
        guard let third = try? parameters.transientContext(idContext: r2 + r3) else { return .noContext }
        state = .third(third)
        return nil
    }

    /// Verifies response #2; from then on ``establishedContext`` replaces every earlier context with this server.
    ///
    /// - Parameter binding: That of request #2.
    public mutating func receiveConfirmation(
        _ message: borrowing ProtectedMessage, to binding: RequestBinding
    ) -> Result<Message, VerificationFailure> {
        guard case .third(let third) = state else { return .failure(.noContext) }
        let result = third.verifyResponse(message, to: binding)
        if case .success = result { state = .established(third) }
        return result
    }

    /// The context that the run came to; `nil` until response #2 was verified.
    public var establishedContext: SecurityContext? {
        if case .established(let context) = state { context } else { nil }
    }
}

@available(*, unavailable)
extension RederivationClient: Sendable {}
