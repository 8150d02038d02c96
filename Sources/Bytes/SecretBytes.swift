import CSecureMemory

/// Secret bytes of a fixed length: cannot be copied, printed or compared by accident, and are wiped when dropped.
///
/// Deliberately without `description`, `Codable`, `Equatable` and `Hashable`. Every kind of secret wraps one in a type
/// of its own, so that two kinds cannot be confused.
@safe
public struct SecretBytes: ~Copyable, Sendable {
    /// How many bytes there are. The length is not secret.
    public let count: Int
    @usableFromInline
    internal nonisolated(unsafe) let base: UnsafeMutablePointer<UInt8>

    /// Copies bytes from memory that the caller wipes.
    public init(copying bytes: Span<UInt8>) {
        self.init(count: bytes.count) { output in output.append(copying: bytes) }
    }

    /// Lets `fill` write the secret in place, so that no second copy exists.
    ///
    /// - Parameters:
    ///   - count: The length, 0 or more.
    ///   - fill: Appends exactly `count` bytes; what it leaves out stays zero.
    /// - Throws: What `fill` throws.
    public init<Failure: Error>(count: Int, filling fill: (inout OutputSpan<UInt8>) throws(Failure) -> Void)
        throws(Failure)
    {
        self.init(zeros: count)
        let buffer = unsafe UnsafeMutableBufferPointer(start: base, count: count)
        var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
        try fill(&output)
        _ = unsafe output.finalize(for: buffer)
    }

    private init(zeros count: Int) {
        self.count = count
        unsafe self.base = .allocate(capacity: max(count, 1))
        unsafe self.base.initialize(repeating: 0, count: max(count, 1))
    }

    /// Lends the secret for as long as this value is borrowed.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inlinable
        get {
            let span = unsafe Span(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Lends the secret for as long as `owner` is borrowed, which keeps this value alive and unmoved.
    @unsafe
    @_lifetime(borrow owner)
    func bytes(lentTo owner: borrowing some Any) -> Span<UInt8> {
        let span = unsafe Span(_unsafeStart: base, count: count)
        return unsafe _overrideLifetime(span, borrowing: owner)
    }

    /// A second, independently wiped copy, for the few owners that need one each.
    public func duplicate() -> SecretBytes {
        SecretBytes(copying: bytes)
    }

    deinit {
        unsafe gosc_wipe(base, count)
        unsafe base.deallocate()
    }
}

extension Array where Element == UInt8 {
    /// Overwrites an array that held a secret on its way somewhere else, and empties it.
    public mutating func wipe() {
        unsafe withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            unsafe gosc_wipe(base, buffer.count)
        }
        removeAll()
    }
}
