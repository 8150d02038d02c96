public import CoAP
public import CoAPEngine
public import GroupOSCORE
public import OSCORE

/// What an operator may choose for a node. Every value has a default.
public struct NodeConfiguration: Hashable, Sendable {
    /// Partial IVs told apart for each sender, 2 to 1024.
    public var replayWindowSize = ReplayWindow.defaultSize
    /// Sequence numbers that one durable write reserves.
    public var reservationBlock = SequenceReservation.defaultBlockSize
    /// The last sequence number of a Sender ID; behind it this node sends nothing until it has a new one.
    public var lastSequenceNumber = PartialIV.maximum
    /// Whether the wall clock tells the time of day: then keys expire when the manager says, else so long after they came.
    public var isClockSynchronized = true
    /// What a datagram needs to a member and back at most, without Leisure.
    public var roundTrip: Duration = .milliseconds(250)
    /// How long answers are awaited beyond Leisure when the command names no deadline.
    public var patience: Duration = .seconds(2)
    /// How long a manager is asked again that has no time (5.03, 4.29), before that counts as a refusal.
    public var busyPatience: Duration = .seconds(600)
    // A handful of forged datagrams must not have every node of a group question its manager for ever.
    /// How long strangers are refused after a question to the manager has found nobody; doubles each time.
    public var rosterInterval: Duration = .seconds(2)
    /// The longest time that strangers are refused without a question.
    public var maximumRosterInterval: Duration = .seconds(30)
    /// How old the roster may be before a group request has it read anew beside it.
    public var rosterAge: Duration = .seconds(5)
    /// Message layer timing. Where PROBING_RATE has the value of the standard, a member of a group uses a tenth of the
    /// group's link rate instead, for a group whose members answer nothing must still be reached.
    public var transmission = TransmissionParameters.standard
    // COAP-0261
    /// How often each address is answered; `nil`: as often as it asks.
    public var answerRate: AnswerRate? = AnswerRate(perSecond: 1_000, burst: 2_000)
    // A flood of unknown senders must not fill the memory: what exceeds this is dropped and counted.
    /// Messages kept while the manager is asked who their sender is.
    public var maximumHeldMessages = 32
    /// Group requests that are open or wait for their turn.
    public var maximumOpenRequests = 64
    /// What becomes of group requests that came by unicast: an attacker on the path may have singled this node out.
    public var unicastGroupRequests = UnicastGroupRequestPolicy.accept

    /// Creates the defaults.
    public init() {}
}
