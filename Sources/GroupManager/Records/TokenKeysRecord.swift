public import Bytes
import CryptoPrimitives

/// What tokens for this manager are protected with. There is exactly one in a store.
public struct TokenKeysRecord: Hashable, Sendable {
    /// The key that the manager shares with the authorization server inside it; 16 bytes.
    public var sharedKey: SecretField
    /// The X25519 private key to whose public key other authorization servers encrypt tokens; 32 bytes.
    public var agreementKey: SecretField

    public init(sharedKey: SecretField, agreementKey: SecretField) {
        self.sharedKey = sharedKey
        self.agreementKey = agreementKey
    }
}

extension TokenKeysRecord {
    /// Draws new keys.
    ///
    /// - Parameter random: A cryptographically secure generator.
    public static func generate(random: inout some RandomNumberGenerator) -> Self {
        Self(sharedKey: SecretField(random.secretBytes(16)), agreementKey: SecretField(random.secretBytes(32)))
    }
}
