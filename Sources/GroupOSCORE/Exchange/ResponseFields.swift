/// What a response carries besides its ciphertext (RFC 10021 §3.2, §5.3.1, §7.3, §8.5).
public struct ResponseFields: Hashable, Sendable {
    /// The server's own Partial IV, from which the nonce is built; without it the request's nonce is used, once.
    public var ownPartialIV: Bool
    // GOSC-0222: a client that asked one server only can do without.
    /// The server's Sender ID.
    public var includesKid: Bool
    /// The current Gid, as kid context.
    public var includesGroupID: Bool

    /// Where a response stands in its exchange, seen from the server at the moment of protecting.
    public struct Situation: Hashable, Sendable {
        /// No response to this request was protected before.
        public var isFirst = true
        /// The group still has the Gid under which the request was verified.
        public var hasSameGroupID = true
        /// The keying material is the one that verified the request.
        public var hasSameKeys = true
        /// The server's own Sender ID is another than when the request was verified.
        public var hasNewSenderID = false
        /// No response of this exchange has carried the new Sender ID yet.
        public var isFirstUnderSenderID = true
        /// The response is a challenge by Echo.
        public var isEchoChallenge = false
        /// The request's Partial IV was checked and marked in a valid window.
        public var wasReplayChecked = true
        /// The request was in group mode.
        public var isRequestInGroupMode = true
        /// Some members may still not have the latest Security Context.
        public var isRekeyingPeriod = false

        /// The first response to a request in group mode, nothing having changed.
        public init() {}
    }

    /// Decides by the rules.
    @inline(__always)
    public static func decide(_ situation: Situation) -> Self {
        Self(
            // GOSC-0169, GOSC-0215: only the first response may use the request's nonce.
            // GOSC-0216, GOSC-0339: not under another Security Context; a new own Sender ID counts as another.
            // GOSC-0092, GOSC-0264: a challenge never, and no response to a request that may be a replay.
            ownPartialIV: !situation.isFirst || !situation.hasSameGroupID || !situation.hasSameKeys
                || situation.hasNewSenderID || situation.isEchoChallenge || !situation.wasReplayChecked,
            // GOSC-0117: always after a request in group mode. GOSC-0221: once after a new own Sender ID.
            includesKid: situation.isRequestInGroupMode
                || situation.hasNewSenderID && situation.isFirstUnderSenderID,
            // GOSC-0218, GOSC-0220: in the first response if the Gid is a new one, then while members may lack its keys.
            includesGroupID: !situation.hasSameGroupID && (situation.isFirst || situation.isRekeyingPeriod))
    }
}
