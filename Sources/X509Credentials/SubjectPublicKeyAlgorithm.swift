#if X509
    import CryptoPrimitives

    /// The algorithms of SubjectPublicKeyInfo that members' keys can have, by their whole encoding: identifier, and named
    /// curve or nothing (RFC 8410 §3, RFC 5480 §2.1.1).
    enum SubjectPublicKeyAlgorithm: CaseIterable {
        case ed25519, x25519, p256, p384, p521

        init?(encoded: some Sequence<UInt8>) {
            guard let match = Self.allCases.first(where: { $0.encoded.elementsEqual(encoded) }) else { return nil }
            self = match
        }

        init(_ kind: KeyKind) {
            switch kind {
            case .ed25519: self = .ed25519
            case .x25519: self = .x25519
            case .p256: self = .p256
            case .p384: self = .p384
            case .p521: self = .p521
            }
        }

        /// The AlgorithmIdentifier.
        var encoded: [UInt8] {
            switch self {
            case .ed25519: [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70]
            case .x25519: [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e]
            case .p256:
                [0x30, 0x13] + Self.ecPublicKey + [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
            case .p384: [0x30, 0x10] + Self.ecPublicKey + [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]
            case .p521: [0x30, 0x10] + Self.ecPublicKey + [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23]
            }
        }

        /// id-ecPublicKey; the named curve follows.
        private static let ecPublicKey: [UInt8] = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]
    }
#endif
