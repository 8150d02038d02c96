/// Where the sender sequence numbers of one context are kept across restarts (RFC 8613 §7.5.1).
///
/// A number used twice under one key gives the plaintext away. So the end of a block is durable before its first number is
/// used, and a restart goes on there.
public protocol SequenceNumberStore: Sendable {
    /// Makes durable that every number below `end` may have been used. Blocks until it is.
    ///
    /// Never told less than before, but for two endpoints that were made of one description: the second would begin where the
    /// first began. A store that refuses an `end` that is not above every one before keeps that from happening.
    ///
    /// - Throws: When it is not; then nothing is sent.
    func reserve(below end: UInt64) throws
}
