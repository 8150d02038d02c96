public import COSE
public import OSCORE

// CACH-0002: both come from the Group Manager.
/// The member that does not exist: in its name every member can send the same request, byte for byte, so that proxies can
/// serve the response to all (draft-ietf-core-cacheable-oscore §3.4.1).
public struct DeterministicClient: Hashable, Sendable {
    /// Its Sender ID, which no member has; the same for as long as the group lives, also after a rekeying.
    public let senderID: SenderID
    /// Hashes the requests.
    public let hashAlgorithm: HashAlgorithm

    /// Creates the parameters of a group. Whether they fit is said by ``GroupContext/setDeterministicClient(_:)``.
    public init(senderID: SenderID, hashAlgorithm: HashAlgorithm = .sha256) {
        self.senderID = senderID
        self.hashAlgorithm = hashAlgorithm
    }
}
