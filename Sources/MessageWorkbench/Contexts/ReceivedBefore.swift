import GroupOSCORE
import OSCORE

/// What lines with `"remember":true` have accepted so far: a replay window for each sender, Response Numbers for each
/// request that was answered. Contexts themselves keep nothing between lines.
struct ReceivedBefore {
    /// A context as one member sees it.
    enum ContextIdentity: Hashable {
        case pair(PairContextInput)
        case group(GroupContextInput, me: SenderID?)
    }

    struct Sender: Hashable {
        let context: ContextIdentity
        let id: SenderID
    }

    struct Exchange: Hashable {
        let context: ContextIdentity
        let request: RequestInput
    }

    private var windows: [Sender: ReplayWindow] = [:]
    private var responses: [Exchange: ResponseNumbers] = [:]

    /// How many windows, and how many exchanges, one run keeps: an endless input must not take all memory.
    static let limit = 65_536

    func window(of sender: Sender) -> ReplayWindow? { windows[sender] }

    mutating func remember(_ window: ReplayWindow, of sender: Sender) throws(WorkbenchFailure) {
        guard windows.count < Self.limit || windows[sender] != nil else { throw Self.full }
        windows[sender] = window
    }

    /// Accepts a response once.
    mutating func accept(
        _ partialIV: PartialIV?, from responder: SenderID, in exchange: Exchange
    ) throws(WorkbenchFailure) -> Bool {
        guard responses.count < Self.limit || responses[exchange] != nil else { throw Self.full }
        return responses[exchange, default: ResponseNumbers()].accept(partialIV, from: responder)
    }

    private static let full = WorkbenchFailure(
        .limit, "this run remembers \(limit) senders or exchanges already; go on in another run")
}

extension GroupContextInput {
    /// The context whoever its members are: what was received counts also when a line lists fewer of them.
    var withoutMembers: Self {
        var context = self
        context.members = []
        return context
    }
}
