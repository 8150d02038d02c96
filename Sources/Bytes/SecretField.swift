/// A secret inside a record on its way to or from a store: shared, never copied, unprintable, wiped with its last owner.
public struct SecretField: Sendable {
    private final class Storage: Sendable {
        let secret: SecretBytes

        init(_ secret: consuming SecretBytes) {
            self.secret = secret
        }
    }
    private let storage: Storage

    /// Takes over a secret.
    public init(_ secret: consuming SecretBytes) {
        self.storage = Storage(secret)
    }

    /// Copies bytes from memory that the caller wipes.
    public init(copying bytes: Span<UInt8>) {
        self.init(SecretBytes(copying: bytes))
    }

    /// Copies an array and wipes it.
    public init(wiping bytes: inout [UInt8]) {
        self.init(copying: bytes.span)
        bytes.wipe()
    }

    /// Lends the secret for as long as this value is borrowed.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // Storage is immutable and kept alive by this value.
            unsafe storage.secret.bytes(lentTo: self)
        }
    }

    /// How many bytes there are. The length is not secret.
    public var count: Int { storage.secret.count }
}

extension SecretField: Hashable {
    /// Whether two secrets are equal, in a time that does not depend on the bytes. Different lengths answer at once.
    public static func == (left: Self, right: Self) -> Bool {
        ConstantTime.equal(left.bytes, right.bytes)
    }

    /// Feeds the length only: a hash value, or the place in a set that follows from it, says nothing of the secret. So
    /// secrets make slow keys.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
    }
}

extension SecretField: CustomStringConvertible, CustomReflectable {
    /// Never the secret.
    public var description: String { "<secret>" }
    /// Never the secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
