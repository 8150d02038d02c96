import OSCORE

/// The Response Numbers of one exchange under the latest Security Context, and under the one before, if it is retained.
///
/// They are two, because a late response under the old context must not shut out the new one's, which start at 0.
struct ContextNumbers: Sendable {
    private(set) var latest: ResponseNumbers
    private var latestGroupID: GroupID
    private var previous: (groupID: GroupID, numbers: ResponseNumbers)?

    init(under groupID: GroupID, policy: ResponseNumbers.Policy) {
        self.latest = ResponseNumbers(policy: policy)
        self.latestGroupID = groupID
    }

    /// Goes over to a new Security Context.
    mutating func begin(under groupID: GroupID) {
        guard groupID != latestGroupID else { return }
        previous = (latestGroupID, latest)
        latestGroupID = groupID
        latest.reset()
    }

    mutating func admit(_ partialIV: PartialIV?, from server: SenderID, under groupID: GroupID)
        -> ResponseNumbers.Verdict
    {
        if groupID == latestGroupID { return latest.admit(partialIV, from: server) }
        guard var previous, previous.groupID == groupID else { return .refused }
        // Everything under the old context is older than everything under the new one.
        if latest.number(of: server) != nil {
            guard latest.policy != .strict else { return .refused }
            guard previous.numbers.admit(partialIV, from: server) != .refused else { return .refused }
            self.previous = previous
            return .older
        }
        let verdict = previous.numbers.admit(partialIV, from: server)
        self.previous = previous
        return verdict
    }
}
