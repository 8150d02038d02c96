import CBOR

/// The 2.05 to GET of `/ace-group/GROUPNAME` and of `nodes/NODENAME`, Content-Format 261: the current keys
/// (RFC 9594 §4.3.2, §4.8.1).
///
/// Holds the Master Secret inside ``key``.
public struct KeyDistribution: Hashable, Sendable {
    /// The key map; with the member's own Sender ID only from `nodes/NODENAME`.
    public var key: GroupKeyMap
    /// The key generation number, from 0.
    public var version: UInt64
    /// When the keys expire, in seconds since 1970.
    public var expiration: UInt64?
    /// How long the keys still live, in seconds.
    public var expiresIn: UInt64
    /// How long the former keys still receive, in seconds; `nil` from a manager that does not say. A private label, as in
    /// ``RekeyingMessage/overlap``.
    public var overlap: UInt64?

    public init(
        key: GroupKeyMap, version: UInt64, expiration: UInt64?, expiresIn: UInt64, overlap: UInt64? = nil
    ) {
        self.key = key
        self.version = version
        self.expiration = expiration
        self.expiresIn = expiresIn
        self.overlap = overlap
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   and the key map are maps; ``GroupcommError/missing(_:)`` for a parameter that has to be there;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type; ``GroupcommError/invalid(_:)`` for anything but Group
    ///   OSCORE and for an empty Master Secret.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        try map.requireGroupOSCORE()
        guard let keyValue = map[.key] else { throw .missing(GroupcommLabel.key.rawValue) }
        key = try GroupKeyMap(keyValue)
        version = try map.required(.num, \.unsignedInteger)
        expiration = try map.optional(.exp, \.unsignedInteger)
        expiresIn = try map.required(.exi, \.unsignedInteger)
        overlap = try map.optional(.goscRekeyOverlap, \.unsignedInteger)
    }

    /// The payload in deterministic CBOR. Contains the Master Secret.
    public func encoded() -> [UInt8] {
        var map = WireMap<GroupcommLabel>()
        map.setGroupOSCORE()
        map[.key] = key.value
        map[.num] = .unsigned(version)
        map[.exp] = expiration.map { .unsigned($0) }
        map[.exi] = .unsigned(expiresIn)
        map[.goscRekeyOverlap] = overlap.map { .unsigned($0) }
        return map.encoded()
    }
}

extension WireMap<GroupcommLabel> {
    // GM-0105, GM-0106: nothing but Group OSCORE.
    func requireGroupOSCORE() throws(GroupcommError) {
        try require(.gkty, toBe: GroupOSCOREProfile.keyType)
        try require(.aceGroupcommProfile, toBe: GroupOSCOREProfile.profile)
    }

    mutating func setGroupOSCORE() {
        self[.gkty] = .unsigned(GroupOSCOREProfile.keyType)
        self[.aceGroupcommProfile] = .unsigned(GroupOSCOREProfile.profile)
    }
}
