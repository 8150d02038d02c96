public import COSE
public import CoAPEngine
public import OSCORE

/// What an endpoint needs for one OSCORE Security Context (RFC 8613 §3.2).
public struct OSCOREAssociation: Sendable {
    /// The Master Secret, random, as long as a key of the algorithm at least.
    public var masterSecret: [UInt8]
    /// The Master Salt; empty if there is none.
    public var masterSalt: [UInt8]
    /// The ID Context; `nil` if there is none.
    public var idContext: [UInt8]?
    /// This endpoint.
    public var senderID: SenderID
    /// The peer.
    public var recipientID: SenderID
    /// The AEAD Algorithm.
    public var algorithm = AEADAlgorithm.aesCCM_16_64_128
    /// The HKDF Algorithm.
    public var hkdf = HKDFAlgorithm.hkdfSHA256
    /// Every number below it may have been used by an earlier run; 0 for keys that were never used.
    public var reservedEnd: UInt64
    /// Makes numbers durable before they are used.
    public var store: any SequenceNumberStore
    /// How many numbers are made durable at once; what is left of them when the program ends is skipped.
    public var reservedAtOnce = SequenceReservation.defaultBlockSize

    /// Describes a context.
    ///
    /// - Parameters:
    ///   - reservedEnd: What `store` was told last, by whatever run; 0 for keys that were never used. Above 0, the first
    ///     request of the peer is challenged with Echo, because what it sent before is not known any more.
    ///   - store: Where the numbers of this context are kept.
    public init(
        masterSecret: [UInt8], masterSalt: [UInt8] = [], idContext: [UInt8]? = nil, senderID: SenderID,
        recipientID: SenderID, reservedEnd: UInt64, store: any SequenceNumberStore
    ) {
        self.masterSecret = masterSecret
        self.masterSalt = masterSalt
        self.idContext = idContext
        self.senderID = senderID
        self.recipientID = recipientID
        self.reservedEnd = reservedEnd
        self.store = store
    }

    /// What requests for this peer are addressed to.
    public var peer: PeerIdentity { Self.peer(recipientID: recipientID, idContext: idContext) }

    static func peer(recipientID: SenderID, idContext: [UInt8]?) -> PeerIdentity {
        var name: [UInt8] = [UInt8(truncatingIfNeeded: recipientID.count)]
        name += recipientID.bytes
        if let idContext { name += [1] + idContext }
        return .association(name)
    }
}

/// Neither prints the Master Secret.
extension OSCOREAssociation: CustomStringConvertible, CustomReflectable {
    /// The identifiers.
    public var description: String { "OSCORE association of \(senderID) with \(recipientID)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
