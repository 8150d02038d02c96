import CBOR

/// The policies of a group that members follow: the map under `group_policies` (RFC 9594 §4.3.1).
public struct GroupPolicies: Hashable, Sendable {
    /// How often a member asks whether there are new keys, in seconds; 3600 by default.
    public var keyUpdateCheckInterval: UInt64
    /// How long after `exp` stored keys may still decrypt, in seconds; 0 by default.
    public var expirationDelta: UInt64

    // GM-0267
    public init(keyUpdateCheckInterval: UInt64 = 3600, expirationDelta: UInt64 = 0) {
        self.keyUpdateCheckInterval = keyUpdateCheckInterval
        self.expirationDelta = expirationDelta
    }

    init?(_ value: CBORValue) {
        guard let map = value.mapValue else { return nil }
        self.init()
        // GM-0266: both are numbers of seconds; policies unknown here are not ours to judge.
        if let interval = map[Self.checkIntervalLabel] {
            guard let seconds = interval.unsignedInteger else { return nil }
            keyUpdateCheckInterval = seconds
        }
        if let delta = map[Self.expirationDeltaLabel] {
            guard let seconds = delta.unsignedInteger else { return nil }
            expirationDelta = seconds
        }
    }

    var value: CBORValue {
        var map = CBORMap()
        map[Self.checkIntervalLabel] = .unsigned(keyUpdateCheckInterval)
        map[Self.expirationDeltaLabel] = .unsigned(expirationDelta)
        return .map(map)
    }

    private static let checkIntervalLabel: Int64 = 1
    private static let expirationDeltaLabel: Int64 = 2
}
