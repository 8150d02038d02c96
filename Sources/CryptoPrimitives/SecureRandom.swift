public import Bytes
import CSodium

/// The operating system's randomness by way of libsodium. For the shell: the core takes a generator as an argument.
public struct SecureRandom: RandomNumberGenerator, Sendable {
    /// Stateless; every value draws from the same source.
    public init() {}

    public mutating func next() -> UInt64 {
        var value: UInt64 = 0
        unsafe randombytes_buf(&value, MemoryLayout<UInt64>.size)
        return value
    }

    /// Draws many numbers with one system call.
    ///
    /// - Parameter count: 0 or more.
    public mutating func words(_ count: Int) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: count)
        unsafe words.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe randombytes_buf(start, bytes.count)
        }
        return words
    }
}

extension RandomNumberGenerator {
    /// Draws bytes that are not secret, such as nonces.
    ///
    /// - Parameter count: 0 or more.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        fill(count) { result.append($0) }
        return result
    }

    /// Draws a secret without leaving a second copy.
    ///
    /// - Parameter count: 0 or more.
    public mutating func secretBytes(_ count: Int) -> SecretBytes {
        SecretBytes(count: count) { output in fill(count) { output.append($0) } }
    }

    /// Eight bytes a draw, low byte first.
    private mutating func fill(_ count: Int, _ append: (UInt8) -> Void) {
        var word: UInt64 = 0
        for index in 0..<count {
            if index.isMultiple(of: 8) { word = next() }
            append(UInt8(truncatingIfNeeded: word))
            word >>= 8
        }
    }
}
