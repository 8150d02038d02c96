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
    /// - Throws: What `write` throws.
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

    /// Puts another number in the place of one that stands in the content big-endian, or was combined with it by
    /// exclusive or: only the bytes in which the two differ are touched.
    ///
    /// - Parameters:
    ///   - old: What stands there.
    ///   - new: What will stand there; needs no more bytes than there is room for.
    ///   - end: Behind the last byte of the number; at most ``count``.
    @inlinable
    @inline(__always)
    public mutating func replaceNumber(_ old: UInt64, with new: UInt64, endingAt end: Int) {
        let difference = old ^ new
        guard difference != 0 else { return }
        precondition(end >= 0 && end <= filled, "only what is there can be changed")
        guard end >= 8 else { return replaceShortNumber(difference, endingAt: end) }
        // All eight at once; the leading ones do not change.
        let start = unsafe UnsafeMutableRawPointer(base + (end &- 8))
        unsafe start.storeBytes(of: start.loadUnaligned(as: UInt64.self) ^ difference.bigEndian, as: UInt64.self)
    }

    /// Does what ``replaceNumber(_:with:endingAt:)`` does, in the first 16 bytes and in one piece.
    ///
    /// Who reads several of them at once soon afterwards need not wait for the processor to put them together.
    ///
    /// - Parameters: As there; `end` is at most 16.
    @inlinable
    @inline(__always)
    public mutating func replaceNumberInOnePiece(_ old: UInt64, with new: UInt64, endingAt end: Int) {
        precondition((7...16).contains(end) && end <= filled && capacity >= 16, "only what is there can be changed")
        let difference = old ^ new
        precondition(difference >> 56 == 0, "the number has seven bytes at most")
        // In memory the number's last byte is the seventh of these, and goes to where the number ends.
        let bytes = UInt128((difference << 8).bigEndian.littleEndian) &<< UInt128(truncatingIfNeeded: 8 &* (end &- 7))
        let words = SIMD2(
            UInt64(truncatingIfNeeded: bytes).littleEndian, UInt64(truncatingIfNeeded: bytes &>> 64).littleEndian)
        let start = unsafe UnsafeMutableRawPointer(base)
        unsafe start.storeBytes(of: start.loadUnaligned(as: SIMD2<UInt64>.self) ^ words, as: SIMD2<UInt64>.self)
    }

    @usableFromInline
    internal mutating func replaceShortNumber(_ difference: UInt64, endingAt end: Int) {
        var difference = difference
        var index = end
        while difference != 0 {
            index -= 1
            precondition(index >= 0, "the number has room")
            unsafe base[index] ^= UInt8(truncatingIfNeeded: difference)
            difference >>= 8
        }
    }

    /// Puts other bytes in the place of as many that stand in the content.
    ///
    /// - Parameter start: Where the first one goes; at most ``count`` less the number of bytes.
    @inlinable
    @inline(__always)
    public mutating func overwrite(_ start: Int, with bytes: Span<UInt8>) {
        precondition(start >= 0 && bytes.count <= filled - start, "only what is there can be changed")
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            unsafe (base + start).update(from: first, count: source.count)
        }
    }

    /// The content, lent for as long as this value is borrowed.
    public var bytes: Span<UInt8> {
        @inlinable
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: base, count: filled)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Makes the content shorter, or as long again as it was when it was written.
    ///
    /// - Parameter count: At most as many bytes as were ever written: all memory is initialised, nothing else shows.
    @inlinable
    public mutating func restore(count: Int) {
        precondition(count >= 0 && count <= capacity, "outside of the memory")
        filled = count
    }

    /// One byte of the content, to be changed in place.
    ///
    /// - Parameter index: 0 to `count` − 1.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        get {
            precondition(index >= 0 && index < filled, "outside of the content")
            return unsafe base[index]
        }
        set {
            precondition(index >= 0 && index < filled, "outside of the content")
            unsafe base[index] = newValue
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
