import Bytes
import CBOR

// GM-0306
/// What the Group Manager sends each member when the group gets new keys, Content-Format 261
/// (draft-ietf-ace-key-groupcomm-oscore §11.1).
///
/// Holds the Master Secret. Whoever decodes or builds one calls ``wipe()`` when done.
public struct RekeyingMessage: Hashable, Sendable {
    /// Secret; 16 bytes from our own manager.
    public private(set) var masterSecret: [UInt8]
    /// The Master Salt; empty if none came with the keys, whatever the salt was before (GM-0309).
    public var masterSalt: [UInt8]
    /// The new Gid.
    public var groupID: [UInt8]
    /// The new key generation number.
    public var version: UInt64
    /// When the keys expire, in seconds since 1970.
    public var expiration: UInt64?
    /// How long the keys live, in seconds.
    public var expiresIn: UInt64
    /// The Sender IDs that have gone stale under the generation before; may be empty.
    public var staleSenderIDs: [[UInt8]]
    /// Whose joining was the reason; `nil` if nobody's.
    public var newcomers: [Peer]?
    /// For how many seconds requests under the Gid before may still be accepted: our own parameter `gosc_rekey_overlap`
    /// (-65539). `nil` from a manager other than ours.
    public var overlap: UInt64?

    public init(
        masterSecret: [UInt8], masterSalt: [UInt8], groupID: [UInt8], version: UInt64, expiration: UInt64?,
        expiresIn: UInt64, staleSenderIDs: [[UInt8]], newcomers: [Peer]? = nil, overlap: UInt64?
    ) {
        self.masterSecret = masterSecret
        self.masterSalt = masterSalt
        self.groupID = groupID
        self.version = version
        self.expiration = expiration
        self.expiresIn = expiresIn
        self.staleSenderIDs = staleSenderIDs
        self.newcomers = newcomers
        self.overlap = overlap
    }

    /// Decodes a payload. Unknown labels are ignored, also in the key map.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   and the key map are maps; ``GroupcommError/missing(_:)`` for a parameter that has to be there, among them Master
    ///   Secret and Gid, without which no keys are new; ``GroupcommError/wrongType(_:)`` for one of another type;
    ///   ``GroupcommError/invalid(_:)`` for anything but Group OSCORE and for an empty Master Secret or Gid.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<GroupcommLabel>(decoding: payload)
        try map.requireGroupOSCORE()
        guard let keyValue = map[.key] else { throw .missing(GroupcommLabel.key.rawValue) }
        let key = try WireMap<InputMaterialLabel>(keyValue)
        masterSecret = try key.required(.ms, \.byteString)
        groupID = try key.required(.contextID, \.byteString)
        guard !masterSecret.isEmpty else { throw .invalid(InputMaterialLabel.ms.rawValue) }
        guard !groupID.isEmpty else { throw .invalid(InputMaterialLabel.contextID.rawValue) }
        masterSalt = try key.optional(.salt, \.byteString) ?? []
        version = try map.required(.num, \.unsignedInteger)
        expiration = try map.optional(.exp, \.unsignedInteger)
        expiresIn = try map.required(.exi, \.unsignedInteger)
        // GM-0308: also where it is empty.
        staleSenderIDs = try map.required(.staleNodeIDs, \.byteStrings)
        newcomers = try map.peers()
        overlap = try map.optional(.goscRekeyOverlap, \.unsignedInteger)
    }

    /// The payload in deterministic CBOR. Contains the Master Secret.
    public func encoded() -> [UInt8] {
        // GM-0307: nothing else, for nothing else changes.
        var key = WireMap<InputMaterialLabel>()
        key[.ms] = .bytes(masterSecret)
        key[.salt] = masterSalt.isEmpty ? nil : .bytes(masterSalt)
        key[.contextID] = .bytes(groupID)
        var map = WireMap<GroupcommLabel>()
        map.setGroupOSCORE()
        map[.key] = key.value
        map[.num] = .unsigned(version)
        map[.exp] = expiration.map { .unsigned($0) }
        map[.exi] = .unsigned(expiresIn)
        map[.staleNodeIDs] = .array(staleSenderIDs.map { .bytes($0) })
        // GM-0311: all three, or none.
        if let newcomers { map.set(peers: newcomers) }
        map[.goscRekeyOverlap] = overlap.map { .unsigned($0) }
        return map.encoded()
    }

    /// Overwrites the Master Secret.
    public mutating func wipe() {
        masterSecret.wipe()
    }
}

extension RekeyingMessage: CustomStringConvertible, CustomReflectable {
    public var description: String { "<rekeying message to version \(version) of \(Hex.encode(groupID))>" }

    /// Nothing: a dump of a message shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
