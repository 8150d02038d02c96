import OSCORE

/// The protected messages of a batch, each in memory of its own, and room for one result.
///
/// Allocated once: neither side of a comparison allocates while it is measured.
final class MessageStore {
    let count: Int
    private let stride: Int
    private let memory: UnsafeMutablePointer<UInt8>
    private let result: UnsafeMutablePointer<UInt8>
    private let lengths: UnsafeMutablePointer<Int>

    init(count: Int, longest: Int) {
        self.count = count
        self.stride = (longest + 63) / 64 * 64
        self.memory = .allocate(capacity: count * stride)
        self.memory.initialize(repeating: 0, count: count * stride)
        self.result = .allocate(capacity: stride)
        self.result.initialize(repeating: 0, count: stride)
        self.lengths = .allocate(capacity: count)
        self.lengths.initialize(repeating: 0, count: count)
    }

    deinit {
        memory.deallocate()
        result.deallocate()
        lengths.deallocate()
    }

    /// Replaces a message with what `write` appends.
    @inline(__always)
    func write<Failure: Error>(
        _ index: Int, _ write: (inout OutputSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        let room = UnsafeMutableBufferPointer(start: memory + index &* stride, count: stride)
        var output = OutputSpan(buffer: room, initializedCount: 0)
        try write(&output)
        lengths[index] = output.finalize(for: room)
    }

    /// Finds the protection in a message, and lends both and room for what it becomes.
    @inline(__always)
    func verify(
        _ index: Int, _ verify: (borrowing ProtectedMessage, inout OutputSpan<UInt8>) -> Bool
    ) throws(VerificationFailure) -> Bool {
        let bytes = UnsafeBufferPointer(start: memory + index &* stride, count: lengths[index])
        let message = try ProtectedMessage(Span(_unsafeElements: bytes))
        let room = UnsafeMutableBufferPointer(start: result, count: stride)
        var output = OutputSpan(buffer: room, initializedCount: 0)
        let isVerified = verify(message, &output)
        _ = output.finalize(for: room)
        return isVerified
    }

    /// Replaces every message.
    @inline(__always)
    func writeAll<Failure: Error>(
        _ write: (Int, inout OutputSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        for index in 0..<count {
            try self.write(index) { output throws(Failure) in try write(index, &output) }
        }
    }

    /// Verifies every message; a figure about messages that were refused would say nothing.
    @inline(__always)
    func verifyAll(
        _ verify: (Int, borrowing ProtectedMessage, inout OutputSpan<UInt8>) -> Bool
    ) throws {
        var verified = 0
        for index in 0..<count where try self.verify(index, { verify(index, $0, &$1) }) { verified += 1 }
        guard verified == count else { throw BenchmarkError.wrongResult(verified, of: count) }
    }
}
