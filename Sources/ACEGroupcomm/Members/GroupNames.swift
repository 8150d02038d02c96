import CBOR

/// FETCH of `/ace-group`, Content-Format 261: which groups have these Gids (RFC 9594 §4.2.1).
public struct GroupNamesRequest: Hashable, Sendable {
    /// At least one.
    public var groupIDs: [[UInt8]]

    public init(groupIDs: [[UInt8]]) {
        self.groupIDs = groupIDs
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` without `gid`; ``GroupcommError/wrongType(_:)`` unless that is an array
    ///   of byte strings; ``GroupcommError/invalid(_:)`` if it is empty.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0171, GM-0172
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        groupIDs = try map.required(.gid, \.byteStrings)
        guard !groupIDs.isEmpty else { throw .invalid(GroupcommLabel.gid.rawValue) }
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<GroupcommLabel>()
        map[.gid] = .array(groupIDs.map { .bytes($0) })
        return map.encoded()
    }
}

/// The 2.05 to a ``GroupNamesRequest``, Content-Format 261.
public struct GroupNamesAnswer: Hashable, Sendable {
    /// One group that was found.
    public struct Group: Hashable, Sendable {
        public var groupID: [UInt8]
        public var name: String
        /// The URI of the group-membership resource, or its path.
        public var uri: String

        public init(groupID: [UInt8], name: String, uri: String) {
            self.groupID = groupID
            self.name = name
            self.uri = uri
        }
    }

    /// Empty if none was found.
    public var groups: [Group]

    public init(groups: [Group]) {
        self.groups = groups
    }

    /// Decodes a payload: a map, or the empty byte string if no group was found. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` for any
    ///   other item than these; ``GroupcommError/missing(_:)`` without one of the three arrays;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type; ``GroupcommError/invalid(_:)`` for one of another
    ///   length than `gid`.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        guard !NothingFound.isNothing(payload) else {
            self.init(groups: [])
            return
        }
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        let groupIDs = try map.required(.gid, \.byteStrings)
        let names = try map.required(.gname, \.texts)
        let uris = try map.required(.guri, \.texts)
        guard names.count == groupIDs.count else { throw .invalid(GroupcommLabel.gname.rawValue) }
        guard uris.count == groupIDs.count else { throw .invalid(GroupcommLabel.guri.rawValue) }
        self.init(groups: groupIDs.indices.map { Group(groupID: groupIDs[$0], name: names[$0], uri: uris[$0]) })
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        // GM-0174
        guard !groups.isEmpty else { return NothingFound.payload }
        // GM-0173: three arrays, in the same order.
        var map = WireMap<GroupcommLabel>()
        map[.gid] = .array(groups.map { .bytes($0.groupID) })
        map[.gname] = .array(groups.map { .text($0.name) })
        map[.guri] = .array(groups.map { .text($0.uri) })
        return map.encoded()
    }
}
