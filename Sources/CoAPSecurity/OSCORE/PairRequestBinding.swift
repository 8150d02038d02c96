internal import CoAP
internal import OSCORE

/// What responses to the requests of one exchange are verified with.
///
/// There are several where an observation was registered again or is being cancelled: until the server has answered that,
/// what it sends is bound to the request before.
struct PairRequestBinding {
    private struct Open {
        let binding: OSCORE.RequestBinding
        var number = NotificationNumber()
    }

    let association: PairAssociation
    private var newest: Open
    /// The newest of them first; nearly always there is none.
    private var earlier: [Open] = []

    init(association: PairAssociation, binding: OSCORE.RequestBinding, continuing open: Self?) {
        self.association = association
        newest = Open(binding: binding)
        if let open, open.association === association {
            earlier = [open.newest] + open.earlier.prefix(Self.maximumCount - 2)
        }
    }

    /// The inner response; `nil` if it answers none of the requests, or came before.
    mutating func verify(_ message: borrowing ProtectedMessage) -> Message? {
        let inner = firstAccepted(message)
        if inner == nil { association.counters.responsesDropped += 1 }
        return inner
    }

    private mutating func firstAccepted(_ message: borrowing ProtectedMessage) -> Message? {
        switch Self.verify(message, to: &newest, association.context) {
        case .accepted(let inner):
            // Whoever answers this request has seen it, and answers no earlier one any more.
            earlier = []
            return inner
        case .old: return nil
        case .other: break
        }
        for index in earlier.indices {
            switch Self.verify(message, to: &earlier[index], association.context) {
            case .accepted(let inner):
                earlier.removeSubrange((index + 1)...)
                return inner
            case .old: return nil
            case .other: continue
            }
        }
        return nil
    }

    private enum Verdict {
        case accepted(Message)
        case old
        /// It does not answer this request.
        case other
    }

    private static func verify(
        _ message: borrowing ProtectedMessage, to request: inout Open, _ context: SecurityContext
    ) -> Verdict {
        guard request.binding.observe != nil else {
            guard case .success(let inner) = context.verifyResponse(message, to: request.binding) else { return .other }
            return .accepted(inner)
        }
        return switch context.verifyResponse(message, to: request.binding, number: &request.number) {
        case .notification(let inner), .last(let inner): .accepted(inner)
        case .old: .old
        case .rejected: .other
        }
    }

    /// Each costs a forged response one more attempt.
    private static let maximumCount = 3
}
