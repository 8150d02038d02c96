/// Names one OSCORE association between a node's state directory and the manager.
public struct AssociationKey: Hashable, Sendable {
    /// The node's Sender ID: which invitation.
    public var clientSenderID: [UInt8]
    /// The ID Context that the node drew: which state directory.
    public var idContext: [UInt8]

    public init(clientSenderID: [UInt8], idContext: [UInt8]) {
        self.clientSenderID = clientSenderID
        self.idContext = idContext
    }
}

// GM-0493: what must survive of an association.
/// The moving parts of one OSCORE association with the authorization server. Its primary key is ``key``; its keys are derived
/// from the invitation.
public struct AssociationRecord: Hashable, Sendable {
    public var key: AssociationKey
    /// Which requests were accepted.
    public var replayWindow: ReplayWindowRecord
    /// The end of the last block of Partial IVs that the manager may have used; 0 while it has used none.
    public var reservedSequenceEnd: UInt64

    public init(key: AssociationKey, replayWindow: ReplayWindowRecord, reservedSequenceEnd: UInt64) {
        self.key = key
        self.replayWindow = replayWindow
        self.reservedSequenceEnd = reservedSequenceEnd
    }
}

/// A replay window as it is stored.
public struct ReplayWindowRecord: Hashable, Sendable {
    /// How many Partial IVs are told apart.
    public var size: Int
    /// The highest Partial IV seen; `nil` before the first.
    public var highest: UInt64?
    /// Whether the window can be relied on.
    public var isValid: Bool
    // Windows of up to 64 have one word, for which there is no array: a manager keeps two windows for each member.
    private var firstWord: UInt64?
    private var furtherWords: [UInt64]

    public init(size: Int, highest: UInt64?, words: [UInt64], isValid: Bool) {
        self.size = size
        self.highest = highest
        self.isValid = isValid
        firstWord = words.first
        furtherWords = words.count > 1 ? Array(words[1...]) : []
    }

    /// The marks, most recent first, 64 to a word.
    public var words: [UInt64] {
        get { firstWord.map { [$0] + furtherWords } ?? [] }
        set { self = Self(size: size, highest: highest, words: newValue, isValid: isValid) }
    }

    /// Whether this window has seen no less than an earlier one; one that has seen nothing is below Partial IV 0.
    public func isAtLeast(_ earlier: ReplayWindowRecord) -> Bool {
        guard let before = earlier.highest else { return true }
        guard let highest else { return false }
        return highest >= before
    }
}
