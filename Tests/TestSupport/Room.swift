/// Memory that a test lends to a verifier, and what it finds in all of it afterwards.
public struct Room: Sendable {
    private let memory: [UInt8]
    private let count: Int
    private static let before: [UInt8] = [1, 2, 3]

    /// Lends room for 256 bytes behind three that are there already.
    public init(_ use: (inout OutputSpan<UInt8>) -> Void) {
        var memory = [UInt8](repeating: 0xa5, count: Self.before.count + 256)
        var count = 0
        unsafe memory.withUnsafeMutableBufferPointer { buffer in
            var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
            for byte in Self.before { output.append(byte) }
            use(&output)
            count = unsafe output.finalize(for: buffer)
        }
        self.memory = memory
        self.count = count
    }

    /// Whether nothing was appended, and what was there stayed.
    public var isUntouched: Bool { count == Self.before.count && Array(memory.prefix(count)) == Self.before }

    /// Whether these bytes stand anywhere in it, also behind what was appended.
    public func holds(_ bytes: [UInt8]) -> Bool {
        memory.indices.contains { Array(memory[$0...].prefix(bytes.count)) == bytes }
    }
}
