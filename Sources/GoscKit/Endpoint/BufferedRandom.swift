internal import CryptoPrimitives

/// The system's secure random numbers, fetched a kilobyte at a time: a system call for each token would cost more than
/// the rest of a request.
struct BufferedRandom: RandomNumberGenerator {
    private var source = SecureRandom()
    private var buffer: [UInt64] = []

    mutating func next() -> UInt64 {
        if let number = buffer.popLast() { return number }
        buffer = source.words(128)
        return buffer.popLast() ?? source.next()
    }
}
