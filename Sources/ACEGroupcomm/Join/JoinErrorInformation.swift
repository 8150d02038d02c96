import CBOR

/// The payload of a 4.00 to a Join Request that is not a problem details payload, Content-Format 261: what a joiner must
/// know to do better (draft-ietf-ace-key-groupcomm-oscore §6.2).
public struct JoinErrorInformation: Hashable, Sendable {
    /// `sign_info`; present if the group uses the group mode.
    public var signature: GroupParameters?
    /// `ecdh_info`; present if the group uses the pairwise mode.
    public var keyAgreement: GroupParameters?
    /// `kdc_dh_creds`; present if the group uses the pairwise mode alone.
    public var dhCredential: GroupDHCredential?
    /// `kdcchallenge`: a new N_S that replaces the old; `nil` if the old one stays.
    public var kdcChallenge: [UInt8]?

    public init(
        signature: GroupParameters?, keyAgreement: GroupParameters?, dhCredential: GroupDHCredential? = nil,
        kdcChallenge: [UInt8]?
    ) {
        self.signature = signature
        self.keyAgreement = keyAgreement
        self.dhCredential = dhCredential
        self.kdcChallenge = kdcChallenge
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/wrongType(_:)`` for a parameter of another type, or not exactly one entry.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        signature = try map.optional(.signInfo) { $0.onlyItem.flatMap(GroupParameters.init) }
        keyAgreement = try map.optional(.ecdhInfo) { $0.onlyItem.flatMap(GroupParameters.init) }
        dhCredential = try map.optional(.kdcDHCreds) { $0.onlyItem.flatMap(GroupDHCredential.init) }
        kdcChallenge = try map.optional(.kdcChallenge, \.byteString)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        // GM-0100: exactly one entry each.
        var map = WireMap<GroupcommLabel>()
        map[.signInfo] = signature.map { .array([$0.value]) }
        map[.ecdhInfo] = keyAgreement.map { .array([$0.value]) }
        map[.kdcDHCreds] = dhCredential.map { .array([$0.value]) }
        map[.kdcChallenge] = kdcChallenge.map { .bytes($0) }
        return map.encoded()
    }
}

extension CBORValue {
    /// The item of an array of one.
    fileprivate var onlyItem: CBORValue? {
        guard let items = arrayItems, items.count == 1 else { return nil }
        return items[0]
    }
}
