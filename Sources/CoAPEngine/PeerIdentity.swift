public import Bytes

/// Whom the state of several messages belongs to: uploads, observations, back-off, Echo values.
public enum PeerIdentity: Hashable, Sendable {
    /// Without security: the address that the messages come from or go to.
    case endpoint(SocketAddress)
    /// A security association. The bytes name it within this endpoint and are no secret.
    case association([UInt8])
}
