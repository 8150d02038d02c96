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
}
