import Bytes
import CBOR
public import COSE

/// The Group_OSCORE_Input_Material object: the map under `key` (draft-ietf-ace-key-groupcomm-oscore §6.3).
///
/// Holds the Master Secret. Whoever decodes or builds one calls ``wipe()`` when done.
public struct GroupKeyMap: Hashable, Sendable {
    /// The algorithms of the group mode.
    public struct GroupMode: Hashable, Sendable {
        public let encryption: GroupEncryptionAlgorithm
        public let signature: SignatureAlgorithm
        public let signatureParameters: AlgorithmCapabilities

        public init(
            encryption: GroupEncryptionAlgorithm, signature: SignatureAlgorithm,
            signatureParameters: AlgorithmCapabilities
        ) {
            self.encryption = encryption
            self.signature = signature
            self.signatureParameters = signatureParameters
        }
    }

    /// The algorithms of the pairwise mode.
    public struct PairwiseMode: Hashable, Sendable {
        public let aead: AEADAlgorithm
        public let keyAgreement: PairwiseKeyAgreementAlgorithm
        public let keyAgreementParameters: AlgorithmCapabilities

        public init(
            aead: AEADAlgorithm, keyAgreement: PairwiseKeyAgreementAlgorithm,
            keyAgreementParameters: AlgorithmCapabilities
        ) {
            self.aead = aead
            self.keyAgreement = keyAgreement
            self.keyAgreementParameters = keyAgreementParameters
        }
    }

    /// Secret; 16 bytes from our own manager.
    public private(set) var masterSecret: [UInt8]
    /// May be empty.
    public let masterSalt: [UInt8]
    /// The Gid, which is the ID Context of the group.
    public let groupID: [UInt8]
    /// The member's own Sender ID; `nil` for a monitor and where all members get the same map.
    public var senderID: [UInt8]?
    public let credentialFormat: CredentialFormat
    public let hkdf: HKDFAlgorithm
    /// `nil` in a pairwise-only group.
    public let groupMode: GroupMode?
    /// `nil` in a signature-only group.
    public let pairwiseMode: PairwiseMode?

    public init(
        masterSecret: [UInt8], masterSalt: [UInt8], groupID: [UInt8], senderID: [UInt8]?,
        credentialFormat: CredentialFormat, hkdf: HKDFAlgorithm, groupMode: GroupMode?, pairwiseMode: PairwiseMode?
    ) {
        self.masterSecret = masterSecret
        self.masterSalt = masterSalt
        self.groupID = groupID
        self.senderID = senderID
        self.credentialFormat = credentialFormat
        self.hkdf = hkdf
        self.groupMode = groupMode
        self.pairwiseMode = pairwiseMode
    }

    /// Overwrites the Master Secret.
    public mutating func wipe() {
        masterSecret.wipe()
    }

    init(_ value: CBORValue) throws(GroupcommError) {
        let map = try WireMap<InputMaterialLabel>(value)
        // GM-0109
        masterSecret = try map.required(.ms, \.byteString)
        groupID = try map.required(.contextID, \.byteString)
        guard !masterSecret.isEmpty else { throw .invalid(InputMaterialLabel.ms.rawValue) }
        // GM-0110: absent means empty, and HKDF SHA-256.
        masterSalt = try map.optional(.salt, \.byteString) ?? []
        hkdf = try map.optional(.hkdf, \.algorithmNumber).map(HKDFAlgorithm.init(rawValue:)) ?? .hkdfSHA256
        senderID = try map.optional(.groupSenderID, \.byteString)
        credentialFormat = CredentialFormat(rawValue: try map.required(.credFmt, \.algorithmNumber))
        // GM-0113, GM-0114: all three parameters of a mode, or none.
        if map[.gpEncAlg] != nil || map[.signAlg] != nil || map[.signParams] != nil {
            groupMode = GroupMode(
                encryption: GroupEncryptionAlgorithm(rawValue: try map.required(.gpEncAlg, \.algorithmNumber)),
                signature: SignatureAlgorithm(rawValue: try map.required(.signAlg, \.algorithmNumber)),
                signatureParameters: try map.required(.signParams, AlgorithmCapabilities.init))
        } else {
            groupMode = nil
        }
        if map[.alg] != nil || map[.ecdhAlg] != nil || map[.ecdhParams] != nil {
            pairwiseMode = PairwiseMode(
                aead: AEADAlgorithm(rawValue: try map.required(.alg, \.algorithmNumber)),
                keyAgreement: PairwiseKeyAgreementAlgorithm(rawValue: try map.required(.ecdhAlg, \.algorithmNumber)),
                keyAgreementParameters: try map.required(.ecdhParams, AlgorithmCapabilities.init))
        } else {
            pairwiseMode = nil
        }
        guard groupMode != nil || pairwiseMode != nil else { throw .missing(InputMaterialLabel.gpEncAlg.rawValue) }
    }

    var value: CBORValue {
        var map = WireMap<InputMaterialLabel>()
        map[.ms] = .bytes(masterSecret)
        map[.hkdf] = CBORValue(hkdf.rawValue)
        map[.salt] = masterSalt.isEmpty ? nil : .bytes(masterSalt)
        map[.contextID] = .bytes(groupID)
        map[.groupSenderID] = senderID.map { .bytes($0) }
        map[.credFmt] = CBORValue(credentialFormat.rawValue)
        if let groupMode {
            map[.gpEncAlg] = CBORValue(groupMode.encryption.rawValue)
            map[.signAlg] = CBORValue(groupMode.signature.rawValue)
            map[.signParams] = groupMode.signatureParameters.value
        }
        if let pairwiseMode {
            map[.alg] = CBORValue(pairwiseMode.aead.rawValue)
            map[.ecdhAlg] = CBORValue(pairwiseMode.keyAgreement.rawValue)
            map[.ecdhParams] = pairwiseMode.keyAgreementParameters.value
        }
        return map.value
    }
}

extension GroupKeyMap {
    /// Decodes a key map that stands alone.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` for a parameter that has to be there, or if there is no mode;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type; ``GroupcommError/invalid(_:)`` for an empty Master
    ///   Secret.
    public init(decoding bytes: Span<UInt8>) throws(GroupcommError) {
        try self.init(CBORValue.decode(bytes))
    }

    /// The map in deterministic CBOR. Contains the Master Secret.
    public func encoded() -> [UInt8] {
        value.encoded()
    }
}

extension GroupKeyMap: CustomStringConvertible, CustomReflectable {
    public var description: String { "<key map of \(Hex.encode(groupID))>" }

    /// Nothing: a dump of a message shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
