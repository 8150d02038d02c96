import CLibCrypto

/// The hash functions of FIPS 180-4 that the protocols use.
public enum HashKind: Hashable, Sendable {
    case sha256
    case sha384
    case sha512

    /// How long a digest is, in bytes.
    public var digestLength: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// How much the hash takes at a time, in bytes: what HMAC pads its key to.
    internal var blockLength: Int {
        switch self {
        case .sha256: 64
        case .sha384, .sha512: 128
        }
    }

    /// The digest of a byte string.
    public func hash(_ bytes: Span<UInt8>) -> [UInt8] {
        let algorithm =
            switch self {
            case .sha256: unsafe EVP_sha256()
            case .sha384: unsafe EVP_sha384()
            case .sha512: unsafe EVP_sha512()
            }
        var digest = [UInt8](repeating: 0, count: digestLength)
        var written: UInt32 = 0
        let done = unsafe bytes.withBase { base in
            unsafe EVP_Digest(base, bytes.count, &digest, &written, algorithm, nil)
        }
        // Fails only if the library is broken; no input reaches this.
        precondition(done == 1 && Int(written) == digestLength, "libcrypto cannot hash")
        return digest
    }
}

/// SHA-256 (FIPS 180-4).
public enum SHA256: Sendable {
    /// The digest of a byte string: 32 bytes.
    public static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
        HashKind.sha256.hash(bytes)
    }
}

/// SHA-512 (FIPS 180-4).
public enum SHA512: Sendable {
    /// The digest of a byte string: 64 bytes.
    public static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
        HashKind.sha512.hash(bytes)
    }
}
