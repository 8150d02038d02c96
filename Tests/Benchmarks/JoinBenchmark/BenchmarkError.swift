/// Why nothing can be measured.
enum BenchmarkError: Error {
    /// The manager did not do what it was asked for.
    case refused(String)
    /// A node has not joined, or more than once.
    case notJoined(String)
    /// A member was not told of new keys, or the manager does not know that it has them.
    case notTold
    /// Another program did not work.
    case program(String)
    /// A library call of the bare side failed.
    case library
}
