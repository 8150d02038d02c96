/// A store was put back that others have gone on from, and its operator has not yet decided who stays. There is one at most.
public struct RestoreRecord: Hashable, Sendable {
    /// In seconds since 1970.
    public var since: UInt64

    public init(since time: UInt64) {
        since = time
    }
}
