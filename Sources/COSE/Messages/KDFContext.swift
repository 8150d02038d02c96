public import CBOR

/// What a key derived from a Diffie-Hellman secret is for: the COSE_KDF_Context (RFC 9053 §5.2).
public struct KDFContext: Hashable, Sendable {
    /// What is said about one of the two parties; each may be unknown.
    public struct Party: Hashable, Sendable {
        /// A byte string.
        public var identity: CBORValue?
        /// A byte string or an integer.
        public var nonce: CBORValue?
        /// A byte string.
        public var other: CBORValue?

        public init(identity: CBORValue? = nil, nonce: CBORValue? = nil, other: CBORValue? = nil) {
            self.identity = identity
            self.nonce = nonce
            self.other = other
        }

        /// Takes the three header parameters from a label downwards.
        fileprivate init(_ headers: COSEHeaders, from label: Int64) {
            self.init(identity: headers[label], nonce: headers[label - 1], other: headers[label - 2])
        }

        fileprivate var value: CBORValue {
            .array([identity ?? .null, nonce ?? .null, other ?? .null])
        }
    }

    /// The algorithm that the key is for.
    public var algorithm: Int
    /// How long the key is, in bytes.
    public var keyLength: Int
    /// The sender.
    public var partyU: Party
    /// The recipient.
    public var partyV: Party
    /// The protected header parameters of the recipient structure, serialized.
    public var protected: [UInt8]

    public init(
        algorithm: Int, keyLength: Int, partyU: Party = Party(), partyV: Party = Party(), protected: [UInt8]
    ) {
        self.algorithm = algorithm
        self.keyLength = keyLength
        self.partyU = partyU
        self.partyV = partyV
        self.protected = protected
    }

    /// The context of a key that a recipient structure describes.
    internal init(algorithm: Int, keyLength: Int, recipient: COSEHeaders) {
        self.init(
            algorithm: algorithm, keyLength: keyLength,
            partyU: Party(recipient, from: COSEHeaders.Label.partyUIdentity),
            partyV: Party(recipient, from: COSEHeaders.Label.partyVIdentity), protected: recipient.protectedBytes)
    }

    /// `[AlgorithmID, PartyUInfo, PartyVInfo, [keyDataLength, protected]]` in deterministic CBOR.
    public func encoded() -> [UInt8] {
        CBORValue.array([
            CBORValue(algorithm), partyU.value, partyV.value,
            // In bits.
            .array([CBORValue(8 * keyLength), .bytes(protected)]),
        ]).encoded()
    }
}
