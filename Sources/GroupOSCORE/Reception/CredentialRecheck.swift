public import OSCORE

/// Notices that messages under one kid fail again and again: the member may have another credential now
/// (RFC 10021 §2.6.3).
public struct CredentialRecheck: Sendable {
    // GOSC-0101
    /// How many failures in a row are a reason to ask; 1 or more.
    public let limit: Int
    private var failures: [SenderID: Int] = [:]

    /// Starts with no failure.
    public init(limit: Int = 3) {
        self.limit = max(limit, 1)
    }

    /// Counts a message of a *known* member that does not verify, so that strangers take no memory.
    ///
    /// - Returns: True once in a row of failures: ask the Group Manager for the credential of this Sender ID.
    public mutating func failed(_ senderID: SenderID) -> Bool {
        let count = min(failures[senderID, default: 0] + 1, limit + 1)
        failures[senderID] = count
        return count == limit
    }

    /// Notes that a message of a member was verified, or that its credential is a new one.
    public mutating func verified(_ senderID: SenderID) {
        failures[senderID] = nil
    }
}
