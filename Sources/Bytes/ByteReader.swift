/// Reads a borrowed byte string from front to back. Never copies, never reads past the end.
public struct ByteReader: ~Escapable, Sendable {
    @usableFromInline
    internal var unread: Span<UInt8>

    /// What has not been read yet.
    public var rest: Span<UInt8> {
        @_lifetime(copy self)
        @inlinable
        get { unread }
    }

    /// Starts at the first byte of `bytes`.
    @_lifetime(copy bytes)
    @inlinable
    public init(_ bytes: Span<UInt8>) {
        self.unread = bytes
    }

    /// How many bytes have not been read yet.
    @inlinable
    public var remaining: Int { unread.count }

    /// Whether everything has been read.
    @inlinable
    public var isAtEnd: Bool { unread.isEmpty }

    /// The next byte without consuming it, or `nil` at the end.
    @inlinable
    public var next: UInt8? { unread.isEmpty ? nil : unread[0] }

    /// Consumes one byte; `nil`, and nothing consumed, at the end.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func readByte() -> UInt8? {
        guard !unread.isEmpty else { return nil }
        let byte = unread[0]
        unread = unread.extracting(droppingFirst: 1)
        return byte
    }

    /// Consumes `count` bytes and lends them; `nil`, and nothing consumed, if there are fewer.
    ///
    /// - Parameter count: 0 or more.
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    @inlinable
    public mutating func read(_ count: Int) -> Span<UInt8>? {
        guard count >= 0, count <= unread.count else { return nil }
        let head = unread.extracting(first: count)
        unread = unread.extracting(droppingFirst: count)
        return head
    }

    /// Consumes a big-endian number of `count` bytes; `nil`, and nothing consumed, if there are fewer.
    ///
    /// - Parameter count: 0 to 8.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func readInteger(byteCount count: Int) -> UInt64? {
        guard count >= 0, count <= 8, count <= unread.count else { return nil }
        var value: UInt64 = 0
        for index in 0..<count {
            value = value << 8 | UInt64(unread[index])
        }
        unread = unread.extracting(droppingFirst: count)
        return value
    }
}
