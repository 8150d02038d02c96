public import OSCORE

/// A verified request at the server, for as long as responses to it may come (RFC 10021 §7.2, §7.3).
public struct ServedRequest: Hashable, Sendable {
    /// What the server is and knows at the moment of protecting a response.
    public struct Server: Hashable, Sendable {
        /// The Gid of the latest Security Context.
        public var groupID: GroupID
        /// The Sender ID in the latest Security Context.
        public var senderID: SenderID
        /// When the latest Security Context was installed.
        public var installedAt: Duration
        /// How long a rekeying takes until every member has its keys, if that is known.
        public var longestRekeying: Duration?

        /// Describes a server.
        public init(groupID: GroupID, senderID: SenderID, installedAt: Duration, longestRekeying: Duration? = nil) {
            self.groupID = groupID
            self.senderID = senderID
            self.installedAt = installedAt
            self.longestRekeying = longestRekeying
        }
    }

    // GOSC-0211, GOSC-0212, GOSC-0214
    /// kid, Partial IV and kid context of the request; never changed, whatever client and server are called now.
    public let binding: GroupRequestBinding
    /// The server's Sender ID when it verified the request.
    public let senderID: SenderID
    /// Whether the request's Partial IV was checked and marked in a valid window.
    public let wasReplayChecked: Bool

    /// How many responses were protected.
    public private(set) var responseCount = 0
    private var lastSenderID: SenderID
    /// Until when the last response under the request's own Gid is fresh.
    private var freshUntil: Duration?

    /// Keeps a request that was verified.
    public init(_ binding: GroupRequestBinding, senderID: SenderID, wasReplayChecked: Bool = true) {
        self.binding = binding
        self.senderID = senderID
        self.wasReplayChecked = wasReplayChecked
        self.lastSenderID = senderID
    }

    /// What the next response carries. Changes nothing.
    ///
    /// - Parameters:
    ///   - server: The server as it is now; a response is always protected with the latest Sender Context (GOSC-0213).
    ///   - isEchoChallenge: Whether it is a challenge.
    ///   - now: The moment of protecting.
    public func nextFields(from server: Server, isEchoChallenge: Bool = false, now: Duration) -> ResponseFields {
        var situation = ResponseFields.Situation()
        situation.isFirst = responseCount == 0
        situation.hasSameGroupID = server.groupID == binding.groupID
        situation.hasNewSenderID = server.senderID != senderID
        situation.isFirstUnderSenderID = server.senderID != lastSenderID
        situation.isEchoChallenge = isEchoChallenge
        situation.wasReplayChecked = wasReplayChecked && binding.request.isRequestNonceFree
        situation.isRequestInGroupMode = binding.isGroupMode
        situation.isRekeyingPeriod = isRekeyingPeriod(at: now, server: server)
        return ResponseFields.decide(situation)
    }

    /// Notes that a response was protected.
    ///
    /// - Parameter maxAge: How long it is fresh: its Max-Age option, 60 s without.
    public mutating func protected(by server: Server, maxAge: Duration = .seconds(60), now: Duration) {
        responseCount += 1
        lastSenderID = server.senderID
        if server.groupID == binding.groupID { freshUntil = now + maxAge }
    }

    // GOSC-0220
    private func isRekeyingPeriod(at now: Duration, server: Server) -> Bool {
        if let longest = server.longestRekeying { return now - server.installedAt < longest }
        return freshUntil.map { now < $0 } ?? false
    }
}
