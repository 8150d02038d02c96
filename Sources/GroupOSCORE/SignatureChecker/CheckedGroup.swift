import Bytes
public import COSE
import CryptoPrimitives
public import OSCORE

// GOSC-0239, GOSC-0330: this and no more; HKDF included, without which no keystream can be derived.
/// What a signature checker knows of a group under one Gid (RFC 10021 §12.3). It is enough to tell who signed a message,
/// and too little to read or to make one.
///
/// Belongs to one thread at a time.
public final class CheckedGroup: CountersigningGroup {
    public let groupID: GroupID
    /// The group's algorithms; unset ones are `nil`, never left out.
    public let algorithms: GroupAlgorithms
    let managerCredential: [UInt8]
    let countersignItems: CountersignStructure.ItemCount
    /// The Deterministic Client's Sender ID; `nil` if the group has none, or the checker was not told.
    public let deterministicClientID: SenderID?
    let signatureEncryptionKey: SecretBytes
    var deriver: HKDFDeriver
    /// The Gid before the rekeying that led to this one, if that is known.
    var previous: GroupID?
    private var credentials: [SenderID: AuthenticationCredential] = [:]

    /// Takes what the Group Manager gives to a signature checker.
    ///
    /// - Parameters:
    ///   - groupID: The current Gid. After a rekeying there is another ``CheckedGroup``.
    ///   - signatureEncryptionKey: Of this Gid; copied and wiped with the group.
    ///   - algorithms: The group's algorithms, HKDF included.
    ///   - managerCredential: The Group Manager's credential, exactly as distributed, but without tag and container: what
    ///     ``COSE/CredentialReader/endEntity(of:format:)`` answers.
    ///   - deterministicClientID: The Deterministic Client's Sender ID: responses to its requests are signed with the
    ///     hash of the request.
    ///   - countersignItems: Five, unless the group reads RFC 9338 §3.3 to the letter.
    /// - Throws: ``OSCORE/ContextError/noMode`` if the group has no group mode,
    ///   ``OSCORE/ContextError/invalidKeyMaterial`` if the key is not as long as the algorithm's.
    public init(
        groupID: GroupID, signatureEncryptionKey: Span<UInt8>, algorithms: GroupAlgorithms,
        managerCredential: [UInt8], deterministicClientID: SenderID? = nil,
        countersignItems: CountersignStructure.ItemCount = .five
    ) throws(ContextError) {
        try algorithms.validate()
        guard algorithms.hasGroupMode, let hash = algorithms.hkdf.hash else { throw .noMode }
        guard signatureEncryptionKey.count == algorithms.groupEncryption?.keyLength else {
            throw .invalidKeyMaterial
        }
        guard !managerCredential.isEmpty else { throw .invalidCredential(.missing) }
        self.deriver = HKDFDeriver(hash)
        self.groupID = groupID
        self.signatureEncryptionKey = SecretBytes(copying: signatureEncryptionKey)
        self.algorithms = algorithms
        self.managerCredential = managerCredential
        self.deterministicClientID = deterministicClientID
        self.countersignItems = countersignItems
    }

    /// Notes the credential of a member, in the place of an earlier one.
    ///
    /// - Throws: ``OSCORE/ContextError/invalidCredential(_:)`` if its key cannot sign in this group.
    public func setCredential(_ credential: AuthenticationCredential, of member: SenderID) throws(ContextError) {
        if let signature = algorithms.signature, !signature.isUsable(with: credential.publicKey.kind) {
            throw .invalidCredential(.signature(credential.publicKey.kind, signature))
        }
        credentials[member] = credential
    }

    /// Forgets a member: what it signs is not checkable any more.
    public func removeCredential(of member: SenderID) {
        credentials[member] = nil
    }

    // GOSC-0240
    /// The credential of a member under this Gid; `nil` if it is unknown.
    public func credential(of member: SenderID) -> AuthenticationCredential? {
        credentials[member]
    }
}

@available(*, unavailable)
extension CheckedGroup: Sendable {}
