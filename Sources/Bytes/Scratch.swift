import CSecureMemory

/// Memory that an owner reuses for one message after another, so that steady state allocates nothing.
///
/// Grows when a longer message comes and never shrinks; wiped when dropped, because plaintext may pass through it.
@safe
public struct Scratch: ~Copyable, Sendable {
    @usableFromInline
    internal nonisolated(unsafe) var base: UnsafeMutablePointer<UInt8>
    @usableFromInline
    internal var capacity: Int
    @usableFromInline
    internal var filled: Int = 0

    /// How many bytes the last ``fill(_:_:)`` wrote.
    @inlinable
    public var count: Int { filled }

    /// Allocates room for `capacity` bytes, at least one.
    public init(capacity: Int = 1280) {
        self.capacity = max(capacity, 1)
        unsafe self.base = .allocate(capacity: self.capacity)
        unsafe self.base.initialize(repeating: 0, count: self.capacity)
    }

    /// Replaces the content with what `write` appends.
    ///
    /// - Parameters:
    ///   - needed: The most bytes that `write` will append; decides whether the memory grows.
    ///   - write: Appends to the lent span. When it throws, the content is empty.
    @inlinable
    public mutating func fill<Failure: Error>(
        _ needed: Int, _ write: (inout OutputSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        if needed > capacity { grow(to: needed) }
        filled = 0
        let buffer = unsafe UnsafeMutableBufferPointer(start: base, count: capacity)
        var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
        try write(&output)
        filled = unsafe output.finalize(for: buffer)
    }

    /// The content, lent for as long as this value is borrowed.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inlinable
        get {
            let span = unsafe Span(_unsafeStart: base, count: filled)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    @usableFromInline
    internal mutating func grow(to needed: Int) {
        unsafe gosc_wipe(base, capacity)
        unsafe base.deallocate()
        capacity = max(needed, capacity * 2)
        unsafe base = .allocate(capacity: capacity)
        unsafe base.initialize(repeating: 0, count: capacity)
    }

    deinit {
        unsafe gosc_wipe(base, capacity)
        unsafe base.deallocate()
    }
}
