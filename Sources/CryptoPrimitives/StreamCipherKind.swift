/// A cipher that hides and does not authenticate. Lengths are in bytes.
public enum StreamCipherKind: Hashable, Sendable, CaseIterable {
    /// AES in counter mode with a key of 16.
    case aes128CTR
    /// AES in counter mode with a key of 24.
    case aes192CTR
    /// AES in counter mode with a key of 32.
    case aes256CTR

    /// How long the key is.
    public var keyLength: Int {
        switch self {
        case .aes128CTR: 16
        case .aes192CTR: 24
        case .aes256CTR: 32
        }
    }

    // GOSC-0018, GOSC-0024: as for an AEAD, and not the sixteen bytes of a block.
    /// How long the nonce is; the other four bytes of a block count.
    public var nonceLength: Int { 12 }

    /// The longest message, 2^36: after that many bytes the four bytes that count would start again at zero
    /// (RFC 10021 §2.1.7).
    public var maximumLength: Int { 1 << 36 }

    /// OpenSSL's name.
    internal var cipherName: StaticString {
        switch self {
        case .aes128CTR: "AES-128-CTR"
        case .aes192CTR: "AES-192-CTR"
        case .aes256CTR: "AES-256-CTR"
        }
    }
}
