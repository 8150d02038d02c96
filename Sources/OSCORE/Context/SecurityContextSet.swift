import Bytes

/// The plain OSCORE contexts of one endpoint, each found by what a request says of it (RFC 8613 §3.3, §8.2).
///
/// Belongs to one thread at a time, like its contexts.
public final class SecurityContextSet {
    /// The contexts, in the order in which they were added.
    public private(set) var contexts: [SecurityContext] = []

    /// Starts empty.
    public init() {}

    // OSC-0014
    /// Adds a context.
    ///
    /// - Throws: ``ContextError/notUnique`` if a context with the same Master Secret, Master Salt, ID Context and Sender
    ///   ID is there: two would use the same nonces under the same key.
    public func add(_ context: SecurityContext) throws(ContextError) {
        guard !contexts.contains(where: { $0.identity.isEqual(to: context.identity) }) else { throw .notUnique }
        contexts.append(context)
    }

    /// Removes a context.
    public func remove(_ context: SecurityContext) {
        contexts.removeAll { $0 === context }
    }

    // OSC-0080, OSC-0056, OSC-0016: Recipient IDs need not be unique; then one context after the other is tried.
    /// Verifies a request with the context that it names, the first one that verifies if there are several.
    ///
    /// Contexts that do not verify it stay as they are.
    ///
    /// - Returns: What came of it, and the context to answer with; `nil` for the context if none took the request.
    public func verifyRequest(
        _ message: borrowing ProtectedMessage
    ) -> (verdict: RequestVerdict, context: SecurityContext?) {
        var verdict = RequestVerdict.rejected(.noContext)
        for context in contexts {
            let next = context.verifyRequest(message)
            switch (next, verdict) {
            case (.rejected(.noContext), _): continue
            // A Partial IV that one context has seen may be new to another one.
            case (.replay, _), (.rejected, .rejected): verdict = next
            case (.rejected, _): continue
            default: return (next, context)
            }
        }
        return (verdict, nil)
    }
}

@available(*, unavailable)
extension SecurityContextSet: Sendable {}
