internal import Bytes
internal import CryptoPrimitives

/// Seals secrets on their way into a column and opens them on their way out. Plaintext never reaches SQLite.
final class ColumnSealing: Sendable {
    private let key: SealingKey

    init(_ key: consuming SealingKey) {
        self.key = key
    }

    /// Seals what goes to `address`.
    func seal(_ secret: SecretField, at address: ColumnAddress) throws(CryptoError) -> [UInt8] {
        try seal(secret.bytes, at: address)
    }

    /// Seals what goes to `address`.
    func seal(_ plaintext: Span<UInt8>, at address: ColumnAddress) throws(CryptoError) -> [UInt8] {
        var random = SecureRandom()
        return try key.seal(plaintext, context: address.associatedData.span, using: &random)
    }

    /// Opens what was found at `address`.
    ///
    /// - Throws: ``InvalidColumn`` if that was not sealed for this place under this key.
    func open(_ sealed: [UInt8], at address: ColumnAddress) throws(InvalidColumn) -> SecretField {
        do {
            return SecretField(try key.open(sealed.span, context: address.associatedData.span))
        } catch {
            throw InvalidColumn(name: address.name)
        }
    }
}

/// A stored value that cannot be what was stored. Becomes ``StoreError/damaged(path:part:)``.
struct InvalidColumn: Error {
    /// Table and column.
    let name: String
}
