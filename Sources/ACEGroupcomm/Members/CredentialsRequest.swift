import CBOR

/// FETCH of `/ace-group/GROUPNAME/creds`, Content-Format 261 (RFC 9594 §4.4.1).
public struct CredentialsRequest: Hashable, Sendable {
    /// Whose credentials; never ``CredentialFilter/relevant``.
    public let filter: CredentialFilter

    /// Creates a request; `nil` for a filter that a FETCH may not carry.
    public init?(filter: CredentialFilter) {
        guard filter.isAllowedInFetch else { return nil }
        self.filter = filter
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` without `get_creds`; ``GroupcommError/wrongType(_:)`` if that is no
    ///   filter; ``GroupcommError/invalid(_:)`` for a filter that a FETCH may not carry.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0360
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        guard let value = map[.getCreds] else { throw .missing(GroupcommLabel.getCreds.rawValue) }
        filter = try CredentialFilter(value)
        guard filter.isAllowedInFetch else { throw .invalid(GroupcommLabel.getCreds.rawValue) }
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<GroupcommLabel>()
        map[.getCreds] = filter.value
        return map.encoded()
    }
}

/// The answer to GET and FETCH of `/ace-group/GROUPNAME/creds`: 2.05, Content-Format 261.
public struct CredentialsResponse: Hashable, Sendable {
    /// The members, in no particular order; empty if nobody matches.
    public var peers: [Peer]
    /// The key generation number; `nil` if nobody matches.
    public var version: UInt64?

    public init(peers: [Peer], version: UInt64?) {
        self.peers = peers
        self.version = version
    }

    /// Decodes a payload: a map, or the empty byte string if nobody matches.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` for any
    ///   other item than these; ``GroupcommError/missing(_:)`` without `creds` or one of its companions;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type; ``GroupcommError/invalid(_:)`` for companions of
    ///   another length than `creds`.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let value = try CBORValue.decode(payload)
        if value.byteString == [] {
            self.init(peers: [], version: nil)
            return
        }
        let map = try WireMap<GroupcommLabel>(value)
        guard let peers = try map.peers() else { throw .missing(GroupcommLabel.creds.rawValue) }
        self.init(peers: peers, version: try map.optional(.num, \.unsignedInteger))
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        // GM-0189: nothing found is the empty byte string.
        guard !peers.isEmpty else { return CBORValue.bytes([]).encoded() }
        // GM-0179
        var map = WireMap<GroupcommLabel>()
        map[.num] = version.map { .unsigned($0) }
        map.set(peers: peers)
        return map.encoded()
    }
}
