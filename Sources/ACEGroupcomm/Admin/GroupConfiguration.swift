import CBOR
public import COSE

/// The configuration and status parameters of a group, as an administrator writes and reads them
/// (draft-ietf-ace-oscore-gm-admin §5).
///
/// In a request an absent parameter takes its default; in a representation all are there.
public struct GroupConfiguration: Hashable, Sendable {
    public var groupName: String
    public var active: Bool
    /// HKDF SHA-256 by default.
    public var hkdf: HKDFAlgorithm
    /// CCS by default.
    public var credentialFormat: CredentialFormat
    /// `nil` in a pairwise-only group.
    public var groupMode: GroupKeyMap.GroupMode?
    /// `nil` in a signature-only group.
    public var pairwiseMode: GroupKeyMap.PairwiseMode?
    public var groupDescription: String?
    /// How many sets of stale Sender IDs are kept, 2 or more; 3 by default.
    public var maximumStaleSets: UInt64
    /// Whether former Gids come again, each under other keys; false by default. Cannot be changed later (GM-0392).
    public var reusesGroupIDs: Bool
    public var applicationGroups: [String]
    public var policies: GroupPolicies
    /// When the keys expire, in seconds since 1970; `nil` lets the manager choose.
    public var expiration: UInt64?

    /// A signature-only group with the mandatory algorithms: what our manager makes if nothing else is said.
    public init(groupName: String, active: Bool = false, applicationGroups: [String] = []) {
        self.groupName = groupName
        self.active = active
        self.hkdf = .hkdfSHA256
        self.credentialFormat = .ccs
        self.groupMode = Self.defaultGroupMode
        self.pairwiseMode = nil
        self.groupDescription = nil
        self.maximumStaleSets = 3
        self.reusesGroupIDs = false
        self.applicationGroups = applicationGroups
        self.policies = GroupPolicies()
        self.expiration = nil
    }

    // GM-0412
    /// AES-CCM-16-64-128 and EdDSA with Ed25519.
    public static let defaultGroupMode = GroupKeyMap.GroupMode(
        encryption: .aesCCM_16_64_128, signature: .edDSA, signatureParameters: .ed25519)
    /// AES-CCM-16-64-128 and ECDH-SS with HKDF-256 over X25519.
    public static let defaultPairwiseMode = GroupKeyMap.PairwiseMode(
        aead: .aesCCM_16_64_128, keyAgreement: .ecdhSSHKDF256, keyAgreementParameters: .x25519)
}

extension GroupConfiguration {
    /// Decodes the body of a creation request. Unknown and read-only parameters are errors.
    ///
    /// - Throws: ``GroupcommError/unexpected(_:)`` for an unknown or read-only parameter, ``GroupcommError/wrongShape``
    ///   for a label that is not a number; what ``init(decodingRepresentation:)`` throws.
    public init(decodingCreation payload: Span<UInt8>) throws(GroupcommError) {
        try self.init(creation: CBORValue.decode(payload))
    }

    /// Decodes the representation of a group.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` without a group name; ``GroupcommError/wrongType(_:)`` for one of
    ///   another type; ``GroupcommError/invalid(_:)`` for a group name that is none, no mode at all, an algorithm of a
    ///   mode that is off, and fewer than two sets of stale Sender IDs.
    public init(decodingRepresentation payload: Span<UInt8>) throws(GroupcommError) {
        try self.init(WireMap<GroupcommLabel>(decoding: payload))
    }

    /// The representation in deterministic CBOR: every parameter, no secret.
    ///
    /// - Parameter joiningURI: The URI of the group-membership resource; left out if not known.
    public func encodedRepresentation(joiningURI: String? = nil) -> [UInt8] {
        // GM-0397, GM-0406
        var map = creationMap
        map[.rt] = .text("core.osc.gconf")
        map[.aceGroupcommProfile] = .unsigned(GroupOSCOREProfile.profile)
        map[.joiningURI] = joiningURI.map { .text($0) }
        map[.exp] = expiration.map { .unsigned($0) }
        return map.encoded()
    }

    /// The answer to a creation: the name, and what was not asked for and differs from the recommended default.
    ///
    /// - Parameter request: What the administrator sent, `creation` of a ``CreateGroupRequest``.
    func creationAnswer(to request: CBORValue, joiningURI: String?) -> WireMap<GroupcommLabel> {
        // GM-0436, GM-0437
        var answer = WireMap<GroupcommLabel>()
        answer[.groupName] = .text(groupName)
        answer[.joiningURI] = joiningURI.map { .text($0) }
        let asked = request.mapValue
        if pairwiseMode == nil, asked?[GroupcommLabel.pairwiseMode.rawValue] == nil {
            answer[.pairwiseMode] = .bool(false)
        }
        return answer
    }

    init(creation value: CBORValue) throws(GroupcommError) {
        let map = try WireMap<GroupcommLabel>(value)
        // GM-0361, GM-0430: what is unknown or read-only is an error here.
        try map.refuseLabels(except: Self.creationLabels)
        try self.init(map)
    }

    var creationMap: WireMap<GroupcommLabel> {
        var map = WireMap<GroupcommLabel>()
        map[.groupName] = .text(groupName)
        map[.active] = .bool(active)
        map[.hkdf] = CBORValue(hkdf.rawValue)
        map[.credFmt] = CBORValue(credentialFormat.rawValue)
        // GM-0411: the parameters of an unused mode are null.
        map[.groupMode] = .bool(groupMode != nil)
        map[.gpEncAlg] = groupMode.map { CBORValue($0.encryption.rawValue) } ?? .null
        map[.signAlg] = groupMode.map { CBORValue($0.signature.rawValue) } ?? .null
        map[.signParams] = groupMode.map(\.signatureParameters.value) ?? .null
        map[.pairwiseMode] = .bool(pairwiseMode != nil)
        map[.alg] = pairwiseMode.map { CBORValue($0.aead.rawValue) } ?? .null
        map[.ecdhAlg] = pairwiseMode.map { CBORValue($0.keyAgreement.rawValue) } ?? .null
        map[.ecdhParams] = pairwiseMode.map(\.keyAgreementParameters.value) ?? .null
        map[.groupDescription] = groupDescription.map { .text($0) } ?? .null
        map[.maxStaleSets] = .unsigned(maximumStaleSets)
        map[.gidReuse] = .bool(reusesGroupIDs)
        map[.appGroups] = .array(applicationGroups.map { .text($0) })
        map[.groupPolicies] = policies.value
        map[.exp] = expiration.map { .unsigned($0) }
        return map
    }

    private init(_ map: WireMap<GroupcommLabel>) throws(GroupcommError) {
        self.init(groupName: try map.required(.groupName, \.textString))
        guard Names.isValidForGroup(groupName) else { throw .invalid(GroupcommLabel.groupName.rawValue) }
        // GM-0398
        active = try map.optional(.active, \.boolean) ?? active
        hkdf = try map.optional(.hkdf, \.algorithmNumber).map(HKDFAlgorithm.init(rawValue:)) ?? hkdf
        if let format = try map.optional(.credFmt, \.algorithmNumber) {
            credentialFormat = CredentialFormat(rawValue: format)
        }
        groupMode = try Self.groupMode(map)
        pairwiseMode = try Self.pairwiseMode(map)
        // GM-0410: a group without any mode makes no sense.
        guard groupMode != nil || pairwiseMode != nil else { throw .invalid(GroupcommLabel.groupMode.rawValue) }
        if map[.groupDescription]?.isNull == false {
            groupDescription = try map.optional(.groupDescription, \.textString)
        }
        // GM-0401
        maximumStaleSets = try map.optional(.maxStaleSets, \.unsignedInteger) ?? maximumStaleSets
        guard maximumStaleSets > 1 else { throw .invalid(GroupcommLabel.maxStaleSets.rawValue) }
        // GM-0386
        reusesGroupIDs = try map.optional(.gidReuse, \.boolean) ?? reusesGroupIDs
        applicationGroups = try map.optional(.appGroups, \.texts) ?? []
        policies = try map.optional(.groupPolicies, GroupPolicies.init) ?? policies
        expiration = try map.optional(.exp, \.unsignedInteger)
    }

    private static func groupMode(_ map: WireMap<GroupcommLabel>) throws(GroupcommError) -> GroupKeyMap.GroupMode? {
        guard try map.optional(.groupMode, \.boolean) ?? true else {
            try map.requireNullOrAbsent(.gpEncAlg, .signAlg, .signParams)
            return nil
        }
        let usual = defaultGroupMode
        return GroupKeyMap.GroupMode(
            encryption: try map.optional(.gpEncAlg, \.algorithmNumber).map(GroupEncryptionAlgorithm.init(rawValue:))
                ?? usual.encryption,
            signature: try map.optional(.signAlg, \.algorithmNumber).map(SignatureAlgorithm.init(rawValue:))
                ?? usual.signature,
            signatureParameters: try map.optional(.signParams, AlgorithmCapabilities.init)
                ?? usual.signatureParameters)
    }

    private static func pairwiseMode(
        _ map: WireMap<GroupcommLabel>
    ) throws(GroupcommError) -> GroupKeyMap.PairwiseMode? {
        // Our default is false until members speak the pairwise mode; the answer to the creation says so (GM-0437).
        guard try map.optional(.pairwiseMode, \.boolean) ?? false else {
            try map.requireNullOrAbsent(.alg, .ecdhAlg, .ecdhParams)
            return nil
        }
        let usual = defaultPairwiseMode
        return GroupKeyMap.PairwiseMode(
            aead: try map.optional(.alg, \.algorithmNumber).map(AEADAlgorithm.init(rawValue:)) ?? usual.aead,
            keyAgreement: try map.optional(.ecdhAlg, \.algorithmNumber)
                .map(PairwiseKeyAgreementAlgorithm.init(rawValue:)) ?? usual.keyAgreement,
            keyAgreementParameters: try map.optional(.ecdhParams, AlgorithmCapabilities.init)
                ?? usual.keyAgreementParameters)
    }

    private static let creationLabels: Set<GroupcommLabel> = [
        .groupName, .active, .hkdf, .credFmt, .groupMode, .gpEncAlg, .signAlg, .signParams, .pairwiseMode, .alg,
        .ecdhAlg, .ecdhParams, .groupDescription, .maxStaleSets, .gidReuse, .appGroups, .groupPolicies, .exp,
    ]
}

extension WireMap<GroupcommLabel> {
    // GM-0411, GM-0431: a mode that is off has no algorithms.
    func requireNullOrAbsent(_ labels: GroupcommLabel...) throws(GroupcommError) {
        for label in labels where self[label]?.isNull == false {
            throw .invalid(label.rawValue)
        }
    }
}
