import CBOR
public import COSE

/// The payload of a 4.00 to a Join Request that is not a problem details payload, Content-Format 261: what a joiner must
/// know to do better (draft-ietf-ace-key-groupcomm-oscore §6.2).
public struct JoinErrorInformation: Hashable, Sendable {
    /// The algorithm, its parameters, the key's parameters and the credential format of one group: an element of
    /// `sign_info` or `ecdh_info`.
    public struct Entry: Hashable, Sendable {
        public var groupName: String
        /// The COSE number of the signature or key agreement algorithm.
        public var algorithm: Int
        public var parameters: AlgorithmCapabilities
        public var credentialFormat: CredentialFormat

        public init(
            groupName: String, algorithm: Int, parameters: AlgorithmCapabilities, credentialFormat: CredentialFormat
        ) {
            self.groupName = groupName
            self.algorithm = algorithm
            self.parameters = parameters
            self.credentialFormat = credentialFormat
        }

        var value: CBORValue {
            .array([
                .text(groupName), CBORValue(algorithm), .array(parameters.algorithm.map { CBORValue($0) }),
                .array(parameters.key.map { CBORValue($0) }), CBORValue(credentialFormat.rawValue),
            ])
        }

        init?(_ value: CBORValue) {
            guard let parts = value.arrayItems, parts.count == 5, let name = parts[0].textString,
                let algorithm = parts[1].algorithmNumber, let algorithmCapabilities = parts[2].integers,
                let keyCapabilities = parts[3].integers, let format = parts[4].algorithmNumber
            else { return nil }
            self.init(
                groupName: name, algorithm: algorithm,
                parameters: AlgorithmCapabilities(algorithm: algorithmCapabilities, key: keyCapabilities),
                credentialFormat: CredentialFormat(rawValue: format))
        }
    }

    /// `sign_info`; present if the group uses the group mode.
    public var signature: Entry?
    /// `ecdh_info`; present if the group uses the pairwise mode.
    public var keyAgreement: Entry?
    /// `kdcchallenge`: a new N_S that replaces the old; `nil` if the old one stays.
    public var kdcChallenge: [UInt8]?

    public init(signature: Entry?, keyAgreement: Entry?, kdcChallenge: [UInt8]?) {
        self.signature = signature
        self.keyAgreement = keyAgreement
        self.kdcChallenge = kdcChallenge
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/wrongType(_:)`` for a parameter of another type, or not exactly one entry.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        signature = try map.optional(.signInfo, Self.onlyEntry)
        keyAgreement = try map.optional(.ecdhInfo, Self.onlyEntry)
        kdcChallenge = try map.optional(.kdcChallenge, \.byteString)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        // GM-0100: exactly one entry each.
        var map = WireMap<GroupcommLabel>()
        map[.signInfo] = signature.map { .array([$0.value]) }
        map[.ecdhInfo] = keyAgreement.map { .array([$0.value]) }
        map[.kdcChallenge] = kdcChallenge.map { .bytes($0) }
        return map.encoded()
    }

    private static func onlyEntry(_ value: CBORValue) -> Entry? {
        guard let entries = value.arrayItems, entries.count == 1 else { return nil }
        return Entry(entries[0])
    }
}
