/// Cuts a stream of bytes into lines as they come, and never holds more than one.
///
/// A line that is too long is skipped to its end and reported once, so that whatever follows is still read.
public struct LineSplitter: Sendable {
    /// What was found in the stream.
    public enum Line: Hashable, Sendable {
        /// A line without its end.
        case complete([UInt8])
        /// A line of more than the limit; its bytes are gone.
        case tooLong
    }

    private let limit: Int
    private var pending: [UInt8] = []
    private var isSkipping = false

    /// - Parameter limit: The most bytes of a line, 1 or more.
    public init(limit: Int = Workbench.maximumLineLength) {
        self.limit = limit
    }

    /// Takes the next bytes, and calls `body` for each line that ends in them.
    public mutating func take<Failure: Error>(
        _ bytes: ArraySlice<UInt8>, _ body: (Line) throws(Failure) -> Void
    ) throws(Failure) {
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            rest = rest[(end + 1)...]
            try body(takeLine())
        }
        append(rest)
    }

    /// The end of the stream: what follows the last line end is a line too, if there is anything.
    public mutating func finish() -> Line? {
        isSkipping || !pending.isEmpty ? takeLine() : nil
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        guard !isSkipping, pending.count + bytes.count <= limit else {
            pending = []
            isSkipping = true
            return
        }
        pending += bytes
    }

    private mutating func takeLine() -> Line {
        defer {
            pending.removeAll(keepingCapacity: true)
            isSkipping = false
        }
        return isSkipping ? .tooLong : .complete(pending)
    }
}
