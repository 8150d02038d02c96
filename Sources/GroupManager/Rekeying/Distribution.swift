import ACEGroupcomm
import CoAPEngine

/// The distribution of a group's present keys: who has still to be told, and when (draft-ietf-ace-key-groupcomm-oscore §11.1).
///
/// In memory only. Who is behind is durable, so after a crash a distribution begins anew.
struct Distribution {
    // Those who receive come first: whoever sends under new keys must not be the first to have them.
    /// Who is told first.
    enum Wave: Int {
        /// Responders and monitors, also such as send requests, too.
        case receivers
        case requesters
    }

    private enum Phase {
        /// In its queue.
        case waiting
        case underWay(OperationID)
        /// Until the next attempt.
        case pausing
        /// It has confirmed; that becomes durable.
        case answered
        /// It cannot be told, or not again: it gets the keys when it asks.
        case silent
    }

    private struct Recipient {
        let wave: Wave
        var attempts = DeliveryAttempts()
        var phase = Phase.waiting
    }

    let groupName: String
    let version: UInt64
    /// Whom the message names.
    let staleSenderIDs: [[UInt8]]
    let newcomers: [Peer]?
    /// How many members had to be told.
    let total: Int
    /// How many of them have confirmed, durably.
    private(set) var confirmed = 0
    private let attemptTimeout: Duration
    private let limit: MonotonicInstant
    private let deadline: MonotonicInstant
    private var hasPassedLimit = false
    private var hasPassedDeadline = false
    /// How many messages the group's link carries within the time after which one is repeated.
    private let window: Int
    private var recipients: [String: Recipient] = [:]
    private var queues: [FIFOQueue<String>] = [FIFOQueue(), FIFOQueue()]
    /// Those for whom a number becomes durable.
    private var starving = FIFOQueue<String>()
    private var pauses = KeyedTimers<String>()
    private(set) var underWay = 0
    private var answered = 0
    /// How many of the first wave have not answered.
    private var receiversLeft = 0

    /// Begins with the members that are behind.
    init(of group: GroupState, at now: MonotonicInstant, settings: ManagerSettings) {
        groupName = group.record.name
        version = group.record.version
        staleSenderIDs = group.replacedSenderIDs
        newcomers = group.newcomers
        attemptTimeout = settings.deliveryTimeout
        let overlap = group.record.latestRekeying.overlap
        deadline = now.advanced(by: settings.rekeyingDeadline)
        limit = min(
            overlap == 0
                ? now.advanced(by: settings.switchLimit) : now.advanced(by: .seconds(Int64(clamping: overlap)) / 2),
            deadline)
        // GM-0330
        let carried = group.record.linkRate.multipliedReportingOverflow(by: Self.secondsToRepetition)
        window = carried.overflow ? .max : max(Int(clamping: carried.partialValue / Self.bytesOnLink), 1)
        let behind = group.membersBehind
        total = behind.count
        // Whoever was not there last time keeps nobody waiting.
        let ordered = behind.map { (isLate: $0.keyVersion + 1 < version, name: $0.name, wave: Self.wave(of: $0)) }
            .sorted { $0.isLate == $1.isLate ? $0.name < $1.name : $1.isLate }
        for recipient in ordered {
            recipients[recipient.name] = Recipient(wave: recipient.wave)
            queues[recipient.wave.rawValue].append(recipient.name)
            if recipient.wave == .receivers { receiversLeft += 1 }
        }
    }

    /// When its time has come, requesters are told, too, and nobody is told again.
    mutating func advance(to now: MonotonicInstant) {
        hasPassedLimit = hasPassedLimit || now >= limit
        hasPassedDeadline = hasPassedDeadline || now >= deadline
    }

    /// What has been committed may have given numbers to those who had none.
    mutating func resume() { queues[0].prepend(&starving) }

    /// Whom to tell next; `nil` if nobody now.
    mutating func next(at now: MonotonicInstant) -> String? {
        guard underWay < window else { return nil }
        while let name = queues[0].popFirst() ?? (requestersMayBeTold ? queues[1].popFirst() : nil) {
            if case .waiting = recipients[name]?.phase { return name }
        }
        // GM-0317
        guard !hasPassedDeadline else { return nil }
        while let name = pauses.popDue(now) {
            if case .pausing = recipients[name]?.phase { return name }
        }
        return nil
    }

    /// The attempts at a member so far.
    func attempts(at name: String) -> DeliveryAttempts { recipients[name]?.attempts ?? DeliveryAttempts() }

    /// A message is under way to a member.
    ///
    /// - Parameter places: In how many places it may be.
    mutating func begin(_ name: String, _ operation: OperationID, at now: MonotonicInstant, places: Int) {
        guard recipients[name] != nil else { return }
        recipients[name]?.attempts.begin(at: now, places: places)
        recipients[name]?.phase = .underWay(operation)
        underWay += 1
    }

    /// There was nothing to send a message with, or nowhere to send it.
    mutating func fail(_ name: String, isFinal: Bool, at now: MonotonicInstant) {
        guard recipients[name] != nil else { return }
        recipients[name]?.attempts.begin(at: now)
        if isFinal { recipients[name]?.phase = .silent } else { pause(name) }
    }

    /// What has become of the message that was under way to a member.
    mutating func end(_ name: String, _ outcome: DeliveryOutcome) {
        guard let recipient = recipients[name], case .underWay = recipient.phase else { return }
        underWay -= 1
        switch outcome {
        case .confirmed:
            recipients[name]?.phase = .answered
            answered += 1
            if recipient.wave == .receivers { receiversLeft -= 1 }
        case .refused: recipients[name]?.phase = .silent
        case .failed: pause(name)
        case .starved:
            recipients[name]?.attempts.takeBack()
            recipients[name]?.phase = .waiting
            starving.append(name)
        }
    }

    /// A member has the keys, durably, or is no member any more.
    ///
    /// - Returns: What is under way to it and has no use any more.
    mutating func settle(_ name: String, hasKeys: Bool) -> OperationID? {
        guard let recipient = recipients.removeValue(forKey: name) else { return nil }
        if hasKeys { confirmed += 1 }
        pauses.cancel(name)
        if case .answered = recipient.phase {
            answered -= 1
            return nil
        }
        if recipient.wave == .receivers { receiversLeft -= 1 }
        guard case .underWay(let operation) = recipient.phase else { return nil }
        underWay -= 1
        return operation
    }

    /// Everything that is under way.
    var operations: [OperationID] {
        recipients.values.compactMap { if case .underWay(let operation) = $0.phase { operation } else { nil } }
    }

    /// Whether all have confirmed, or those who have not are left to themselves.
    var isOver: Bool {
        recipients.isEmpty
            || hasPassedDeadline && underWay == 0 && answered == 0 && queues.allSatisfy(\.isEmpty)
    }

    /// Who has not confirmed, in order.
    var stragglers: [String] { recipients.keys.sorted() }

    /// When to look again, unless something comes before.
    ///
    /// - Parameter hasRoom: Whether another message may be under way.
    func nextTimer(hasRoom: Bool) -> MonotonicInstant? {
        var next: MonotonicInstant? = hasPassedDeadline ? nil : deadline
        if !hasPassedLimit, !requestersMayBeTold, !queues[1].isEmpty { next = min(next ?? limit, limit) }
        if hasRoom, !hasPassedDeadline, underWay < window, let pause = pauses.next { next = min(next ?? pause, pause) }
        return next
    }

    private var requestersMayBeTold: Bool { hasPassedLimit || receiversLeft == 0 }

    private mutating func pause(_ name: String) {
        guard let next = recipients[name]?.attempts.next(timeout: attemptTimeout) else { return }
        guard next < deadline else {
            recipients[name]?.phase = .silent
            return
        }
        recipients[name]?.phase = .pausing
        pauses.set(name, at: next)
    }

    private static func wave(of member: MemberRecord) -> Wave {
        Roles(rawValue: member.roles).isDisjoint(with: [.responder, .monitor]) ? .requesters : .receivers
    }

    /// ACK_TIMEOUT.
    private static let secondsToRepetition: UInt64 = 2
    /// A message, what it travels in, and its acknowledgement.
    private static let bytesOnLink: UInt64 = 250
}

/// What has become of one message to a member.
enum DeliveryOutcome {
    /// It has the keys.
    case confirmed
    /// It has said that it cannot take them.
    case refused
    case failed
    /// The message has not left, because its number is not durable yet.
    case starved
}
