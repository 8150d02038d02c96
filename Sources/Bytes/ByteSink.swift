/// Something that bytes can be appended to: an array, or an output span over memory that the caller owns.
///
/// Writers are generic over it, so the same code fills a growing array on a cold path and caller-owned memory, without
/// an allocation, on the hot path. An `OutputSpan` traps when it is full: whoever hands one out has computed the length.
public protocol ByteSink: ~Copyable, ~Escapable {
    /// Appends one byte.
    @_lifetime(self: copy self)
    mutating func append(_ byte: UInt8)

    /// Appends every byte of `bytes`, in order.
    @_lifetime(self: copy self)
    mutating func append(copying bytes: Span<UInt8>)
}

extension Array: ByteSink where Element == UInt8 {
    @inlinable
    public mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe self.append(contentsOf: $0) }
    }
}

extension OutputSpan: ByteSink where Element == UInt8 {
    @inlinable
    @_lifetime(self: copy self)
    public mutating func append(copying bytes: Span<UInt8>) {
        precondition(bytes.count <= freeCapacity, "the caller computes the length before it lends memory")
        // One copy of all bytes: a loop over `append` would check the capacity once a byte.
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            unsafe withUnsafeMutableBufferPointer { target, initialized in
                guard let start = target.baseAddress else { return }
                unsafe (start + initialized).initialize(from: base, count: source.count)
                initialized += source.count
            }
        }
    }
}

extension Array where Element == UInt8 {
    /// Copies a span into a new array.
    @inlinable
    public init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
