#if X509
    import CryptoPrimitives
    import SwiftASN1

    /// How a certificate is signed, and how DER has it (RFC 8410 §3, RFC 5758 §3.2).
    struct CertificateSignatureAlgorithm {
        let kind: SignatureKind

        init(_ kind: SignatureKind) {
            self.kind = kind
        }

        /// The AlgorithmIdentifier, which has no parameters.
        var identifier: [UInt8] {
            switch kind {
            case .ed25519: [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70]
            case .ecdsaP256: Self.ecdsa + [0x02]
            case .ecdsaP384: Self.ecdsa + [0x03]
            case .ecdsaP521: Self.ecdsa + [0x04]
            }
        }

        /// ecdsa-with-SHA2 but for the last number, which says the hash.
        private static let ecdsa: [UInt8] = [
            0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03,
        ]

        /// The content of signatureValue: with ECDSA a sequence of two numbers (RFC 3279 §2.2.3).
        ///
        /// - Parameter signature: r | s of fixed width, or what EdDSA makes.
        func encoded(_ signature: [UInt8]) throws -> [UInt8] {
            guard kind != .ed25519 else { return signature }
            var serializer = DER.Serializer()
            try serializer.appendConstructedNode(identifier: .sequence) { numbers in
                try numbers.serialize(signature.prefix(signature.count / 2))
                try numbers.serialize(signature.suffix(signature.count / 2))
            }
            return serializer.serializedBytes
        }
    }
#endif
