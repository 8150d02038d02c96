import CBOR

/// When a group gets new keys beside departures, and how long the ones before still receive.
public struct GroupRekeyingRules: Hashable, Sendable {
    /// For how long responders accept requests under the Gid before, in seconds, 0 to 3600; 10. Not after an eviction.
    public var overlap: UInt64
    // GM-0125, GM-0322
    /// Whether whoever joins gets keys that nobody had before.
    public var onJoin: Bool
    // GM-0324
    /// How old keys get at most, in seconds, at least 60; `nil` for as long as they live.
    public var interval: UInt64?

    public init(overlap: UInt64 = 10, onJoin: Bool = false, interval: UInt64? = nil) {
        self.overlap = overlap
        self.onJoin = onJoin
        self.interval = interval
    }

    /// An hour: whoever was told the old keys would go on for longer.
    public static let overlaps: ClosedRange<UInt64> = 0...3_600
    /// Everybody has to hear of the keys before there are others.
    public static let shortestInterval: UInt64 = 60

    init(_ map: WireMap<GroupAdminLabel>) throws(GroupcommError) {
        self.init()
        overlap = try map.optional(.rekeyOverlap, \.unsignedInteger) ?? overlap
        onJoin = try map.optional(.rekeyOnJoin, \.boolean) ?? onJoin
        interval = try map.optional(.rekeyInterval, \.unsignedInteger)
        guard Self.overlaps.contains(overlap) else { throw .invalid(GroupAdminLabel.rekeyOverlap.rawValue) }
        guard interval.map({ $0 >= Self.shortestInterval }) ?? true else {
            throw .invalid(GroupAdminLabel.rekeyInterval.rawValue)
        }
    }

    func write(to map: inout WireMap<GroupAdminLabel>) {
        map[.rekeyOverlap] = .unsigned(overlap)
        map[.rekeyOnJoin] = .bool(onJoin)
        map[.rekeyInterval] = interval.map { .unsigned($0) }
    }
}
