import CSecureMemory

extension OutputSpan where Element == UInt8 {
    /// Takes back what was appended behind the first `count` bytes, and wipes it: the memory is the caller's, who sees none of
    /// it in the initialised count, and would not think of wiping it.
    public mutating func wipe(from count: Int) {
        precondition(count >= 0 && count <= self.count, "only what was appended can be taken back")
        let appended = self.count - count
        guard appended > 0 else { return }
        unsafe withUnsafeMutableBufferPointer { buffer, initializedCount in
            if let base = buffer.baseAddress { unsafe gosc_wipe(base + count, appended) }
            initializedCount = count
        }
    }

    /// Removes one byte: those behind it move up, and nothing of them stays behind the end.
    @inlinable
    @inline(__always)
    @_lifetime(self: copy self)
    public mutating func removeByte(at index: Int) {
        precondition(index >= 0 && index < count, "only what was appended can be removed")
        unsafe withUnsafeMutableBufferPointer { buffer, initializedCount in
            guard let base = buffer.baseAddress else { return }
            initializedCount &-= 1
            unsafe (base + index).update(from: base + index + 1, count: initializedCount &- index)
            unsafe base[initializedCount] = 0
        }
    }
}
