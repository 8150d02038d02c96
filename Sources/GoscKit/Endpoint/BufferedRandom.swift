internal import CryptoPrimitives

/// The system's secure random numbers, fetched a kilobyte at a time: a system call for each token would cost more than
/// the rest of a request.
struct BufferedRandom: RandomNumberGenerator {
    private var source = SecureRandom()
    private var buffer: [UInt64] = []

    mutating func next() -> UInt64 {
        if let number = buffer.popLast() { return number }
        let bytes = source.bytes(1024)
        buffer = stride(from: 0, to: bytes.count, by: 8).map { start in
            bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        return buffer.popLast() ?? source.next()
    }
}
