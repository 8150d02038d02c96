import Bytes
import CBOR
public import COSE

/// The 2.05 to GET of `/ace-group/GROUPNAME/verif-data`, Content-Format 261: what checks signatures from outside of the
/// group (draft-ietf-ace-key-groupcomm-oscore §9.6).
public struct SignatureVerificationData: Hashable, Sendable {
    /// What a verifier needs to know of the pairwise mode.
    public struct PairwiseAlgorithms: Hashable, Sendable {
        public let aead: AEADAlgorithm
        public let keyAgreement: PairwiseKeyAgreementAlgorithm

        public init(aead: AEADAlgorithm, keyAgreement: PairwiseKeyAgreementAlgorithm) {
            self.aead = aead
            self.keyAgreement = keyAgreement
        }
    }

    public var hkdf: HKDFAlgorithm
    /// The Gid.
    public var groupID: [UInt8]
    public var credentialFormat: CredentialFormat
    public var groupMode: GroupKeyMap.GroupMode
    /// `nil` in a signature-only group.
    public var pairwise: PairwiseAlgorithms?
    /// The key generation number, from 0.
    public var version: UInt64
    /// When the keys expire, in seconds since 1970.
    public var expiration: UInt64?
    /// How long the keys still live, in seconds.
    public var expiresIn: UInt64
    /// Secret; uncovers the countersignatures, and nothing else.
    public var signatureEncryptionKey: [UInt8]

    public init(
        hkdf: HKDFAlgorithm, groupID: [UInt8], credentialFormat: CredentialFormat, groupMode: GroupKeyMap.GroupMode,
        pairwise: PairwiseAlgorithms?, version: UInt64, expiration: UInt64?, expiresIn: UInt64,
        signatureEncryptionKey: [UInt8]
    ) {
        self.hkdf = hkdf
        self.groupID = groupID
        self.credentialFormat = credentialFormat
        self.groupMode = groupMode
        self.pairwise = pairwise
        self.version = version
        self.expiration = expiration
        self.expiresIn = expiresIn
        self.signatureEncryptionKey = signatureEncryptionKey
    }

    /// Decodes a payload. Unknown labels are ignored, and so is any Master Secret.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   and `key` are maps; ``GroupcommError/missing(_:)`` for a parameter that has to be there;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type; ``GroupcommError/invalid(_:)`` for anything but Group
    ///   OSCORE.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0286
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        try map.requireGroupOSCORE()
        guard let keyValue = map[.key] else { throw .missing(GroupcommLabel.key.rawValue) }
        // GM-0287
        let key = try WireMap<InputMaterialLabel>(keyValue)
        hkdf = HKDFAlgorithm(rawValue: try key.required(.hkdf, \.algorithmNumber))
        groupID = try key.required(.contextID, \.byteString)
        credentialFormat = CredentialFormat(rawValue: try key.required(.credFmt, \.algorithmNumber))
        groupMode = GroupKeyMap.GroupMode(
            encryption: GroupEncryptionAlgorithm(rawValue: try key.required(.gpEncAlg, \.algorithmNumber)),
            signature: SignatureAlgorithm(rawValue: try key.required(.signAlg, \.algorithmNumber)),
            signatureParameters: try key.required(.signParams, AlgorithmCapabilities.init))
        // GM-0288: both, or none.
        if key[.alg] != nil || key[.ecdhAlg] != nil {
            pairwise = PairwiseAlgorithms(
                aead: AEADAlgorithm(rawValue: try key.required(.alg, \.algorithmNumber)),
                keyAgreement: PairwiseKeyAgreementAlgorithm(rawValue: try key.required(.ecdhAlg, \.algorithmNumber)))
        } else {
            pairwise = nil
        }
        version = try map.required(.num, \.unsignedInteger)
        expiration = try map.optional(.exp, \.unsignedInteger)
        expiresIn = try map.required(.exi, \.unsignedInteger)
        signatureEncryptionKey = try map.required(.signEncKey, \.byteString)
    }

    /// The payload in deterministic CBOR. Contains the Signature Encryption Key.
    public func encoded() -> [UInt8] {
        // GM-0289: no Master Secret, no salt, no Sender ID; this type has none.
        var key = WireMap<InputMaterialLabel>()
        key[.hkdf] = CBORValue(hkdf.rawValue)
        key[.contextID] = .bytes(groupID)
        key[.credFmt] = CBORValue(credentialFormat.rawValue)
        key[.gpEncAlg] = CBORValue(groupMode.encryption.rawValue)
        key[.signAlg] = CBORValue(groupMode.signature.rawValue)
        key[.signParams] = groupMode.signatureParameters.value
        key[.alg] = pairwise.map { CBORValue($0.aead.rawValue) }
        key[.ecdhAlg] = pairwise.map { CBORValue($0.keyAgreement.rawValue) }
        var map = WireMap<GroupcommLabel>()
        map.setGroupOSCORE()
        map[.key] = key.value
        map[.num] = .unsigned(version)
        map[.exp] = expiration.map { .unsigned($0) }
        map[.exi] = .unsigned(expiresIn)
        map[.signEncKey] = .bytes(signatureEncryptionKey)
        return map.encoded()
    }
}

extension SignatureVerificationData: CustomStringConvertible, CustomReflectable {
    public var description: String { "<verification data of \(Hex.encode(groupID))>" }

    /// Nothing: a dump shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
