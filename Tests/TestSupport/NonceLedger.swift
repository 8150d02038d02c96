/// Which content was sent under which (key, nonce); the second content under one of them is a catastrophe for AES-CCM.
public struct NonceLedger: Sendable {
    /// Whose key, and whose Partial IV: what an observer without keys can tell apart.
    public struct Use: Hashable, Sendable {
        /// The Security Context: Gid or ID Context.
        public var context: [UInt8]
        /// Whose Sender Key encrypts.
        public var sender: [UInt8]
        /// Who generated the Partial IV in effect.
        public var producer: [UInt8]
        /// The Partial IV in effect.
        public var partialIV: [UInt8]

        /// Names one (key, nonce).
        public init(context: [UInt8], sender: [UInt8], producer: [UInt8], partialIV: [UInt8]) {
            self.context = context
            self.sender = sender
            self.producer = producer
            self.partialIV = partialIV
        }
    }

    private var contents: [Use: [UInt8]] = [:]
    /// Every (key, nonce) that was used for two different contents.
    public private(set) var violations: [Use] = []

    /// How many (key, nonce) pairs were seen.
    public var count: Int { contents.count }

    /// Starts empty.
    public init() {}

    /// Notes one message. The same bytes again are a retransmission and harmless.
    public mutating func note(_ use: Use, content: [UInt8]) {
        if let earlier = contents[use] {
            if earlier != content { violations.append(use) }
        } else {
            contents[use] = content
        }
    }
}
