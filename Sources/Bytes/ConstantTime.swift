import CSecureMemory

/// Comparison whose duration does not depend on the bytes compared.
public enum ConstantTime: Sendable {
    /// Whether two byte strings are equal. The lengths are public: different lengths answer at once.
    public static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        guard !left.isEmpty else { return true }
        return unsafe left.withUnsafeBufferPointer { left in
            unsafe right.withUnsafeBufferPointer { right in
                guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return false }
                return unsafe gosc_equal(leftBase, rightBase, left.count) == 1
            }
        }
    }
}
