import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE

/// A group request that has left, and whose answers are being collected.
struct OpenGroupRequest {
    let id: GroupCommand.ID
    /// As the application wrote it, for when it has to be repeated under new keys.
    let request: Message
    let binding: GroupRequestBinding
    /// Whether it was repeated; that is done once.
    let isRepeated: Bool
    /// Whether it is to be repeated, if somebody is missing still when everybody has had the time to answer.
    var awaitsRepeat = false
    /// Who has answered. A repetition reaches these, too.
    var answered: Set<SenderID> = []
    /// When it left: latency and deadline count from here.
    let sentAt: MonotonicInstant
    /// How long answers of members that this node has not heard of are to be expected.
    let settlesAfter: Duration
    /// Responders in the roster that have not answered.
    var missing: Set<SenderID>
    var numbers = ResponseNumbers()
    var summary: GroupRequestSummary

    init(
        id: GroupCommand.ID, request: Message, binding: GroupRequestBinding, sentAt: MonotonicInstant,
        settlesAfter: Duration, missing: Set<SenderID>, summary: GroupRequestSummary
    ) {
        self.id = id
        self.request = request
        self.binding = binding
        isRepeated = false
        self.sentAt = sentAt
        self.settlesAfter = settlesAfter
        self.missing = missing
        self.summary = summary
    }

    /// The same request once more, for whoever has not answered yet.
    init(repeating request: Self, with binding: GroupRequestBinding, at now: MonotonicInstant) {
        id = request.id
        self.request = request.request
        self.binding = binding
        isRepeated = true
        answered = request.answered
        sentAt = now
        settlesAfter = request.settlesAfter
        missing = request.missing
        // GOSC-0109: `numbers` begin anew.
        summary = request.summary
        summary.datagramsSent += 1
    }

    /// These are responders no more.
    mutating func lose(_ responders: Set<SenderID>) {
        let gone = missing.intersection(responders)
        missing.subtract(gone)
        summary.expected -= gone.count
    }

    func isOver(at now: MonotonicInstant) -> Bool { sentAt.advanced(by: summary.deadline) <= now }

    /// Whether every responder has answered. While the roster is being read there may be more than are known, so nobody
    /// is cut off before the time in which members answer is over.
    func isSettled(awaitsRoster: Bool, at now: MonotonicInstant) -> Bool {
        guard missing.isEmpty, summary.expected > 0 else { return false }
        return !awaitsRoster || sentAt.advanced(by: settlesAfter) <= now
    }

    var nextDeadline: MonotonicInstant {
        let isComplete = missing.isEmpty && summary.expected > 0
        return sentAt.advanced(by: isComplete || isToBeRepeated ? min(settlesAfter, summary.deadline) : summary.deadline)
    }

    /// Whether somebody is missing that a repetition may reach.
    var isToBeRepeated: Bool { awaitsRepeat && !missing.isEmpty }

    /// Whether it is to be repeated now.
    func isRepeated(at now: MonotonicInstant) -> Bool {
        isToBeRepeated && sentAt.advanced(by: settlesAfter) <= now
    }
}
