/// The sliding window that tells a new Partial IV from one seen before (RFC 8613 §7.4).
///
/// Checking and marking are two verbs because the signature check stands between them; ``mark(_:)`` checks again, so that
/// two messages under verification at once cannot both pass.
public struct ReplayWindow: Hashable, Sendable {
    /// How many Partial IVs below the highest are told apart, 2 to 1024.
    public let size: Int
    /// The highest Partial IV seen; `nil` before the first.
    @inlinable
    public var highest: PartialIV? { newest }
    @usableFromInline internal var newest: PartialIV?
    /// Whether the window can be relied on. An invalid window accepts nothing.
    public private(set) var isValid: Bool
    /// Bit `i` says whether `highest − i` was seen. Most windows need no more, and then no memory of their own.
    @usableFromInline internal var recent: UInt64 = 0
    /// The same for `i` from 64 on.
    @usableFromInline internal var older: [UInt64]

    // OSC-0013
    /// The size that RFC 8613 recommends.
    public static let defaultSize = 32
    // GOSC-0352: a window of one message is of no use with multicast.
    /// The sizes that can be chosen; the upper bound keeps a stored window below 200 bytes.
    public static let sizes = 2...1024

    /// What the window says of a Partial IV.
    public enum Verdict: Hashable, Sendable {
        /// Never seen.
        case fresh
        /// Seen before, or too old to tell.
        case replay
        /// The window is invalid.
        case invalid
    }

    /// Creates a valid window that has seen nothing.
    ///
    /// - Throws: ``ContextError/invalidWindowSize`` unless `size` is one of ``sizes``.
    public init(size: Int = defaultSize) throws(ContextError) {
        guard Self.sizes.contains(size) else { throw .invalidWindowSize }
        self.size = size
        self.isValid = true
        self.older = Array(repeating: 0, count: (size + 63) / 64 - 1)
    }

    /// Creates a valid window of a size that is known to be one of ``sizes``.
    init(unchecked size: Int) {
        self.size = size
        self.isValid = true
        self.older = Array(repeating: 0, count: (size + 63) / 64 - 1)
    }

    /// Whether `partialIV` may be accepted. Changes nothing.
    // Inlinable: a caller in another module would copy the window first.
    @inlinable
    @inline(__always)
    public func check(_ partialIV: PartialIV) -> Verdict {
        guard isValid else { return .invalid }
        // GOSC-0168: any jump forward is accepted, the sender may have talked to others.
        guard let highest, partialIV.value <= highest.value else { return .fresh }
        let age = highest.value - partialIV.value
        guard age < UInt64(size) else { return .replay }
        return word(age / 64) & (1 << (age % 64)) == 0 ? .fresh : .replay
    }

    // OSC-0073, GOSC-0167: validation and update are one step, after verification.
    /// Checks once more and, if `partialIV` is fresh, remembers it.
    @inlinable
    @inline(__always)
    public mutating func mark(_ partialIV: PartialIV) -> Verdict {
        let verdict = check(partialIV)
        guard verdict == .fresh else { return verdict }
        // Most messages come in order, and most windows are one word.
        if let newest, partialIV.value > newest.value, older.isEmpty {
            recent = recent << (partialIV.value - newest.value) | 1
            self.newest = partialIV
        } else {
            remember(partialIV)
        }
        return .fresh
    }

    @usableFromInline
    internal mutating func remember(_ partialIV: PartialIV) {
        if let highest, partialIV <= highest {
            set(highest.value - partialIV.value)
        } else {
            shift(by: partialIV.value - (highest?.value ?? partialIV.value))
            newest = partialIV
            set(0)
        }
    }

    /// Makes the window refuse everything until it is replaced or healed.
    public mutating func invalidate() {
        isValid = false
    }

    // OSC-0109: everything up to the proven request counts as seen.
    /// Makes an invalid window valid again, with a request whose freshness was proven as its lower limit.
    ///
    /// Marks like ``mark(_:)`` if the window is valid already.
    ///
    /// - Returns: ``Verdict/fresh`` if the request counts, ``Verdict/replay`` if it was seen before.
    package mutating func heal(from partialIV: PartialIV) -> Verdict {
        guard !isValid else { return mark(partialIV) }
        if let highest, partialIV <= highest { return .replay }
        newest = partialIV
        recent = .max
        for index in older.indices { older[index] = .max }
        isValid = true
        return .fresh
    }

    private mutating func set(_ age: UInt64) {
        if age < 64 {
            recent |= 1 << age
        } else {
            older[Int(age) / 64 - 1] |= 1 << (age % 64)
        }
    }

    /// Ages every mark by `distance`; what becomes older than the window is forgotten, and refused from then on.
    private mutating func shift(by distance: UInt64) {
        guard distance > 0 else { return }
        guard !older.isEmpty else {
            recent <<= distance
            return
        }
        let (whole, bits) = (distance / 64, distance % 64)
        // From the oldest on: each word takes its marks from words that are still as they were.
        for index in older.indices.reversed() {
            older[index] = marks(UInt64(index) + 1, back: whole, bits)
        }
        recent = marks(0, back: whole, bits)
    }

    /// What word `index` holds when all marks have become `back` words and `bits` bits older.
    private func marks(_ index: UInt64, back whole: UInt64, _ bits: UInt64) -> UInt64 {
        guard index >= whole else { return 0 }
        let source = index - whole
        let carry = bits > 0 && source >= 1 ? word(source - 1) >> (64 - bits) : 0
        return word(source) << bits | carry
    }

    @inlinable
    internal func word(_ index: UInt64) -> UInt64 {
        index == 0 ? recent : older[Int(index) - 1]
    }
}

extension ReplayWindow {
    /// The window as it is stored: what ``init(restoring:)`` takes.
    public struct Snapshot: Hashable, Sendable {
        /// The window's size.
        public var size: Int
        /// The highest Partial IV seen; `nil` before the first.
        public var highest: UInt64?
        /// The marks, most recent first, 64 to a word.
        public var words: [UInt64]
        /// Whether the window can be relied on.
        public var isValid: Bool

        /// Creates a snapshot from stored values.
        public init(size: Int, highest: UInt64?, words: [UInt64], isValid: Bool) {
            self.size = size
            self.highest = highest
            self.words = words
            self.isValid = isValid
        }
    }

    /// The window as it is to be stored.
    public var snapshot: Snapshot {
        Snapshot(size: size, highest: highest?.value, words: [recent] + older, isValid: isValid)
    }

    /// Restores a stored window.
    ///
    /// - Throws: ``ContextError/invalidWindowSize`` if the stored values do not fit each other.
    public init(restoring snapshot: Snapshot) throws(ContextError) {
        try self.init(size: snapshot.size)
        guard snapshot.words.count == older.count + 1 else { throw .invalidWindowSize }
        if let stored = snapshot.highest {
            guard let highest = PartialIV(stored) else { throw .invalidWindowSize }
            self.newest = highest
        }
        self.recent = snapshot.words[0]
        self.older = Array(snapshot.words.dropFirst())
        self.isValid = snapshot.isValid
    }
}
