/// The public key of a member: of any kind, known to be usable.
public enum PublicKey: Hashable, Sendable {
    case ed25519(Ed25519PublicKey)
    case x25519(X25519PublicKey)
    case ec(ECPublicKey)

    /// What it can be used for.
    public var kind: KeyKind {
        switch self {
        case .ed25519: .ed25519
        case .x25519: .x25519
        case .ec(let key): key.curve.keyKind
        }
    }

    /// Whether a signature over a message is this key's, in the scheme of its ``kind``. Never for X25519.
    ///
    /// - Parameter signature: Of the length that ``SignatureKind/signatureLength`` says; any other is not valid.
    public func isValidSignature(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        switch self {
        case .ed25519(let key): key.isValidSignature(signature, for: message)
        case .x25519: false
        case .ec(let key): key.isValidSignature(signature, for: message)
        }
    }
}
