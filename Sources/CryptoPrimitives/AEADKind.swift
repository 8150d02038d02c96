/// An AEAD cipher by its shape. Lengths are in bytes.
public enum AEADKind: Hashable, Sendable {
    /// AES in CCM mode (RFC 3610): key of 16, 24 or 32, nonce of 7 to 13, tag of 4 to 16 and even.
    case aesCCM(keyLength: Int, nonceLength: Int, tagLength: Int)
    /// AES in GCM mode with a nonce of 12 and a tag of 16: key of 16, 24 or 32.
    case aesGCM(keyLength: Int)
    /// ChaCha20-Poly1305 (RFC 8439): key of 32, nonce of 12, tag of 16.
    case chaCha20Poly1305

    /// How long the key is.
    public var keyLength: Int {
        switch self {
        case .aesCCM(let keyLength, _, _), .aesGCM(let keyLength): keyLength
        case .chaCha20Poly1305: 32
        }
    }

    /// How long the nonce is.
    public var nonceLength: Int {
        if case .aesCCM(_, let nonceLength, _) = self { nonceLength } else { 12 }
    }

    /// How much longer the ciphertext is than the plaintext.
    public var tagLength: Int {
        if case .aesCCM(_, _, let tagLength) = self { tagLength } else { 16 }
    }

    // ALG-0003
    /// The longest plaintext of one message: 65535 for CCM with a nonce of 13, whose length field has two bytes.
    public var maximumPlaintextLength: Int {
        let lengthFieldBits = if case .aesCCM(_, let nonceLength, _) = self { 8 * (15 - nonceLength) } else { 31 }
        // OpenSSL counts in `int`; the tag must still fit.
        return min(1 << min(lengthFieldBits, 31), Int(Int32.max) - 15) - 1
    }

    /// OpenSSL's name; `nil` for a combination that does not exist.
    internal var cipherName: StaticString? {
        switch self {
        case .aesCCM(let keyLength, let nonceLength, let tagLength):
            guard (7...13).contains(nonceLength), (4...16).contains(tagLength), tagLength.isMultiple(of: 2) else {
                return nil
            }
            return switch keyLength {
            case 16: "AES-128-CCM"
            case 24: "AES-192-CCM"
            case 32: "AES-256-CCM"
            default: nil
            }
        case .aesGCM(let keyLength):
            return switch keyLength {
            case 16: "AES-128-GCM"
            case 24: "AES-192-GCM"
            case 32: "AES-256-GCM"
            default: nil
            }
        case .chaCha20Poly1305: return "ChaCha20-Poly1305"
        }
    }

    /// CCM authenticates the length first, so it must be told before the data.
    internal var wantsLengthFirst: Bool {
        if case .aesCCM = self { true } else { false }
    }
}
