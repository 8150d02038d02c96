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
///
/// A manager keeps two for each member: what is optional has a value of its own instead of a flag beside it, which would
/// take eight bytes, and windows of up to 64 have one word, for which there is no array.
public struct ReplayWindowRecord: Hashable, Sendable {
    /// Whether the window can be relied on.
    public var isValid: Bool
    private var hasFirstWord: Bool
    private var storedSize: UInt32
    private var storedHighest: UInt64
    private var firstWord: UInt64
    private var furtherWords: [UInt64]

    /// No Partial IV: they have 40 bits.
    private static let none = UInt64.max

    /// - Parameter size: Beyond what 32 bits hold, it is what they hold: no such window can be made.
    public init(size: Int, highest: UInt64?, words: [UInt64], isValid: Bool) {
        self.isValid = isValid
        storedSize = UInt32(clamping: size)
        storedHighest = highest ?? Self.none
        hasFirstWord = !words.isEmpty
        firstWord = words.first ?? 0
        furtherWords = words.count > 1 ? Array(words[1...]) : []
    }

    /// How many Partial IVs are told apart.
    public var size: Int { Int(storedSize) }

    /// The highest Partial IV seen; `nil` before the first.
    public var highest: UInt64? {
        get { storedHighest == Self.none ? nil : storedHighest }
        set { storedHighest = newValue ?? Self.none }
    }

    /// The marks, most recent first, 64 to a word.
    public var words: [UInt64] {
        get { hasFirstWord ? [firstWord] + furtherWords : [] }
        set { self = Self(size: size, highest: highest, words: newValue, isValid: isValid) }
    }

    /// Whether this window has seen no less than an earlier one; one that has seen nothing is below Partial IV 0.
    public func isAtLeast(_ earlier: ReplayWindowRecord) -> Bool {
        guard let before = earlier.highest else { return true }
        guard let highest else { return false }
        return highest >= before
    }
}
