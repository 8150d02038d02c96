import Bytes

/// Secret bytes inside a record: on their way to a store that seals them, or back. Never shown.
public struct SecretField: Hashable, Sendable {
    /// The secret. Whoever takes it out is responsible for it.
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Copies the secret out of wiped memory.
    public init(copying bytes: Span<UInt8>) {
        self.bytes = [UInt8](copying: bytes)
    }
}

extension SecretField: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<secret>" }
    public var debugDescription: String { description }

    /// Nothing: a dump of a record shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
