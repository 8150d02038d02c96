public import Bytes

extension KeyKind {
    /// Draws the private part of a new key of this kind, as ``PrivateKey/init(_:secret:)`` takes it.
    ///
    /// - Parameter random: A cryptographically secure generator.
    /// - Throws: ``CryptoError/backendFailure`` if nothing drawn is a key, which no sound generator leads to.
    public func drawSecret(using random: inout some RandomNumberGenerator) throws(CryptoError) -> SecretBytes {
        for _ in 0..<Self.attempts {
            let drawn = random.secretBytes(secretLength)
            // The scalars of P-521 fill one bit of their first byte.
            let first: UInt8 = self == .p521 ? 1 : 0xff
            let secret = SecretBytes(count: secretLength) { output in
                for index in drawn.bytes.indices { output.append(drawn.bytes[index] & (index == 0 ? first : 0xff)) }
            }
            if isKey(secret) { return secret }
        }
        throw .backendFailure
    }

    private func isKey(_ secret: borrowing SecretBytes) -> Bool {
        (try? PrivateKey(self, secret: secret.bytes)) != nil
    }

    /// One draw is out of range with a probability of 2^-32 at most.
    private static let attempts = 8
}
