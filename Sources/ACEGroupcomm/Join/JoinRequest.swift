import Bytes
import CBOR

/// The Join Request: POST to `/ace-group/GROUPNAME`, Content-Format 261 (RFC 9594 §4.3.1).
public struct JoinRequest: Hashable, Sendable {
    /// The content of `scope` byte for byte: the proof of possession covers these bytes, not a re-encoding (GM-0149).
    public let scope: [UInt8]
    /// `scope` decoded.
    public let scopeEntry: ScopeEntry
    /// Whose credentials the joiner wants; `nil` for nobody's.
    public var getCreds: CredentialFilter?
    /// The joiner's authentication credential as it is; empty to keep the stored one; `nil` for a monitor.
    public var clientCredential: [UInt8]?
    /// N_C, at least 1 byte; 8 random bytes from our own nodes.
    public var clientNonce: [UInt8]
    /// The proof of possession; 64 bytes for Ed25519.
    public var clientEvidence: [UInt8]?
    /// Where the manager can reach the joiner for rekeying.
    public var controlURI: String?

    /// Creates a request that encodes `scopeEntry` by itself.
    public init(
        scopeEntry: ScopeEntry, getCreds: CredentialFilter? = nil, clientCredential: [UInt8]? = nil,
        clientNonce: [UInt8], clientEvidence: [UInt8]? = nil, controlURI: String? = nil
    ) {
        self.scope = scopeEntry.encoded()
        self.scopeEntry = scopeEntry
        self.getCreds = getCreds
        self.clientCredential = clientCredential
        self.clientNonce = clientNonce
        self.clientEvidence = clientEvidence
        self.controlURI = controlURI
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// Checks form only: whether scope, roles and credential fit the group is the manager's decision.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` without `scope` or `cnonce`; ``GroupcommError/wrongType(_:)`` for one
    ///   of another type; ``GroupcommError/invalid(_:)`` for a scope that is not one entry, a filter that a Join
    ///   Request may not carry, and an empty nonce.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0091: only known labels are looked at.
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        let scope = try map.required(.scope, \.byteString)
        let scopeEntry = try ScopeEntry(decoding: scope.span)
        var filter: CredentialFilter?
        if let value = map[.getCreds] {
            filter = try CredentialFilter(value)
            guard filter?.isAllowedInJoin == true else { throw .invalid(GroupcommLabel.getCreds.rawValue) }
        }
        // GM-0086: what a monitor sends under 5 and 24 is not even looked at.
        let isMonitor = scopeEntry.roles == .monitor
        clientCredential = isMonitor ? nil : try map.optional(.clientCred, \.byteString)
        clientEvidence = isMonitor ? nil : try map.optional(.clientCredVerify, \.byteString)
        // GM-0083: the nonce is always there and not empty.
        let nonce = try map.required(.cnonce, \.byteString)
        guard !nonce.isEmpty else { throw .invalid(GroupcommLabel.cnonce.rawValue) }
        self.scope = scope
        self.scopeEntry = scopeEntry
        getCreds = filter
        clientNonce = nonce
        controlURI = try map.optional(.controlURI, \.textString)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<GroupcommLabel>()
        map[.scope] = .bytes(scope)
        map[.getCreds] = getCreds?.value
        map[.clientCred] = clientCredential.map { .bytes($0) }
        map[.cnonce] = .bytes(clientNonce)
        map[.clientCredVerify] = clientEvidence.map { .bytes($0) }
        map[.controlURI] = controlURI.map { .text($0) }
        return map.encoded()
    }
}
