import Bytes
package import CryptoPrimitives

/// What two Security Contexts have in common exactly if Master Secret, Master Salt, ID Context and Sender ID are the same.
///
/// Derived beside the keys, because the Master Secret is not kept. It tells nothing about them.
package struct ContextIdentity: ~Copyable, Sendable {
    private let bytes: SecretBytes

    package init(
        _ hash: HashKind, salt: Span<UInt8>, secret: Span<UInt8>, id: SenderID, idContext: [UInt8]?
    ) throws(ContextError) {
        // No algorithm has the number 0 and no key the type, so no key can come out equal.
        bytes = try KeyDerivation.derive(
            hash, salt: salt, secret: secret, id: id.bytes.span, idContext: idContext, algorithm: 0,
            type: "Identity", count: 16)
    }

    package func isEqual(to other: borrowing ContextIdentity) -> Bool {
        ConstantTime.equal(bytes.bytes, other.bytes.bytes)
    }

    package func duplicate() -> ContextIdentity {
        ContextIdentity(bytes: bytes.duplicate())
    }

    private init(bytes: consuming SecretBytes) {
        self.bytes = bytes
    }
}

extension SecurityContext {
    // OSC-0014
    /// Whether both would use the same nonces under the same key, and accept the same messages.
    package func hasSameKeys(as other: SecurityContext) -> Bool {
        identity.isEqual(to: other.identity)
    }
}
