public import COSE

/// Which credentials a node can have and read: it makes its own in the format of its group.
public struct NodeCredentials: Sendable {
    /// Reads those of the manager and of the other members.
    public var reader: CredentialReader
    /// Makes this node's own.
    public var makers: CredentialMakers

    /// Creates a choice; the default needs CBOR alone.
    public init(reader: CredentialReader = .standard, makers: CredentialMakers = .standard) {
        self.reader = reader
        self.makers = makers
    }
}
