import CBOR

/// The Join Response: 2.01 or 2.04, Content-Format 261 (RFC 9594 §4.3.1, draft-ietf-ace-key-groupcomm-oscore §6.3).
///
/// Holds the Master Secret inside ``key``.
public struct JoinResponse: Hashable, Sendable {
    /// The key map, with the joiner's own Sender ID unless it is a monitor.
    public var key: GroupKeyMap
    /// The key generation number, from 0.
    public var version: UInt64
    /// When the keys expire, in seconds since 1970.
    public var expiration: UInt64?
    /// How long the keys still live, in seconds.
    public var expiresIn: UInt64
    /// The policies; `nil` if none are sent.
    public var policies: GroupPolicies?
    /// The members asked for with `get_creds`; `nil` if none were asked for.
    public var peers: [Peer]?
    /// The manager's authentication credential as it is.
    public var kdcCredential: [UInt8]
    /// N_KDC.
    public var kdcNonce: [UInt8]
    /// The manager's proof of possession over N_C and N_KDC.
    public var kdcEvidence: [UInt8]
    /// Where the group lives; `nil` from a manager other than ours.
    public var network: NetworkParameters?

    public init(
        key: GroupKeyMap, version: UInt64, expiration: UInt64?, expiresIn: UInt64, policies: GroupPolicies?,
        peers: [Peer]?, kdcCredential: [UInt8], kdcNonce: [UInt8], kdcEvidence: [UInt8], network: NetworkParameters?
    ) {
        self.key = key
        self.version = version
        self.expiration = expiration
        self.expiresIn = expiresIn
        self.policies = policies
        self.peers = peers
        self.kdcCredential = kdcCredential
        self.kdcNonce = kdcNonce
        self.kdcEvidence = kdcEvidence
        self.network = network
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless
    ///   that, the key map and the network parameters are maps; ``GroupcommError/missing(_:)`` for a parameter that has
    ///   to be there; ``GroupcommError/wrongType(_:)`` for one of another type; ``GroupcommError/invalid(_:)`` for
    ///   anything but Group OSCORE with Point-to-Point rekeying, an empty Master Secret, companions of another length
    ///   than `creds`, and network parameters out of range.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        // GM-0105, GM-0106: nothing but Group OSCORE.
        try map.require(.gkty, toBe: GroupOSCOREProfile.keyType)
        try map.require(.aceGroupcommProfile, toBe: GroupOSCOREProfile.profile)
        // GM-0121: absent means Point-to-Point, and nothing else is supported.
        if map[.rekeyingScheme] != nil {
            try map.require(.rekeyingScheme, toBe: GroupOSCOREProfile.pointToPointRekeying)
        }
        guard let keyValue = map[.key] else { throw .missing(GroupcommLabel.key.rawValue) }
        key = try GroupKeyMap(keyValue)
        version = try map.required(.num, \.unsignedInteger)
        expiration = try map.optional(.exp, \.unsignedInteger)
        // GM-0107
        expiresIn = try map.required(.exi, \.unsignedInteger)
        policies = try map.optional(.groupPolicies, GroupPolicies.init)
        peers = try map.peers()
        // GM-0116
        kdcCredential = try map.required(.kdcCred, \.byteString)
        kdcNonce = try map.required(.kdcNonce, \.byteString)
        kdcEvidence = try map.required(.kdcCredVerify, \.byteString)
        if let value = map[.goscNetwork] {
            network = try NetworkParameters(value)
        } else {
            network = nil
        }
    }

    /// The payload in deterministic CBOR. Contains the Master Secret.
    public func encoded() -> [UInt8] {
        var map = WireMap<GroupcommLabel>()
        map[.gkty] = .unsigned(GroupOSCOREProfile.keyType)
        map[.key] = key.value
        map[.num] = .unsigned(version)
        map[.aceGroupcommProfile] = .unsigned(GroupOSCOREProfile.profile)
        map[.exp] = expiration.map { .unsigned($0) }
        map[.exi] = .unsigned(expiresIn)
        map[.groupPolicies] = policies?.value
        if let peers { map.set(peers: peers) }
        map[.kdcCred] = .bytes(kdcCredential)
        map[.kdcNonce] = .bytes(kdcNonce)
        map[.kdcCredVerify] = .bytes(kdcEvidence)
        map[.goscNetwork] = network?.value
        return map.encoded()
    }
}

/// The values that say "Group OSCORE" in the registries of RFC 9594.
enum GroupOSCOREProfile: Sendable {
    static let keyType: UInt64 = 1
    static let profile: UInt64 = 1
    static let pointToPointRekeying: UInt64 = 0
}

extension WireMap<GroupcommLabel> {
    func require(_ label: GroupcommLabel, toBe number: UInt64) throws(GroupcommError) {
        guard try required(label, \.unsignedInteger) == number else { throw .invalid(label.rawValue) }
    }
}
