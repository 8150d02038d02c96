import Bytes
public import COSE
import CryptoPrimitives

/// One OSCORE Security Context: Common, Sender and Recipient Context (RFC 8613 §3).
///
/// Belongs to one thread at a time. Keyed cipher contexts and scratch memory are made once, so that protecting and
/// verifying allocate nothing.
public final class SecurityContext {
    /// The AEAD Algorithm.
    public let algorithm: AEADAlgorithm
    /// The ID Context; `nil` if there is none.
    public let idContext: [UInt8]?
    // OSC-0005
    /// This endpoint's Sender ID.
    public let senderID: SenderID
    /// The peer's Sender ID.
    public let recipientID: SenderID
    /// Where the next Partial IV comes from: a copy, to look at. ``extendReservation(to:)`` is the only way to change it, so
    /// that no copy from before can bring used numbers back.
    public var reservation: SequenceReservation { unsafe sender.reservation }
    /// What the peer's requests are checked against.
    public internal(set) var replayWindow: ReplayWindow {
        get { unsafe recipient.replayWindow }
        set { unsafe recipient.replayWindow = newValue }
    }
    /// How the ID Context travels: the kid context of this endpoint's requests, and of the peer's if it has any.
    let kidContext: [UInt8]?

    /// What stands in the first response of a re-derivation; `nil` everywhere else.
    var responseKidContext: [UInt8]?

    // A run-time check of exclusive access would cost each message 5 % of its cryptography. It could never fail: a context
    // belongs to one thread, and neither structure calls out while it is used.
    @exclusivity(unchecked)
    var sender: SenderContext
    @exclusivity(unchecked)
    var recipient: RecipientContext
    let identity: ContextIdentity

    /// Derives a context from its input parameters (RFC 8613 §3.2).
    ///
    /// - Parameters:
    ///   - masterSecret: The Master Secret, random and as long as a key of the algorithm at least; not kept.
    ///   - masterSalt: The Master Salt, empty if there is none.
    ///   - idContext: The ID Context, at most ``maximumIDContextCount`` bytes.
    ///   - senderID: This endpoint; at most nonce length − 6 bytes.
    ///   - recipientID: The peer; different from `senderID`.
    ///   - algorithm: The AEAD Algorithm; AES-CCM-16-64-128 by default.
    ///   - hkdf: The HKDF Algorithm; HKDF SHA-256 by default.
    ///   - reservation: Numbers that no earlier run can have used.
    ///   - replayWindow: What earlier runs have seen.
    /// - Throws: ``ContextError/unsupportedAlgorithm`` for an algorithm that is not built;
    ///   ``ContextError/identifierTooLong`` for an identifier that the nonce has no room for;
    ///   ``ContextError/identifiersNotDistinct`` if both are the same; ``ContextError/idContextTooLong`` for more than
    ///   ``maximumIDContextCount`` bytes; ``ContextError/invalidKeyMaterial`` without a Master Secret.
    public convenience init(
        masterSecret: Span<UInt8>, masterSalt: Span<UInt8>, idContext: [UInt8]? = nil, senderID: SenderID,
        recipientID: SenderID, algorithm: AEADAlgorithm = .aesCCM_16_64_128, hkdf: HKDFAlgorithm = .hkdfSHA256,
        reservation: SequenceReservation, replayWindow: ReplayWindow
    ) throws(ContextError) {
        try self.init(
            masterSecret: masterSecret, masterSalt: masterSalt, idContext: idContext, kidContext: idContext,
            senderID: senderID, recipientID: recipientID, algorithm: algorithm, hkdf: hkdf, reservation: reservation,
            replayWindow: replayWindow)
    }

    /// Derives a context whose ID Context travels in another form than its own.
    init(
        masterSecret: Span<UInt8>, masterSalt: Span<UInt8>, idContext: [UInt8]?, kidContext: [UInt8]?,
        senderID: SenderID, recipientID: SenderID, algorithm: AEADAlgorithm, hkdf: HKDFAlgorithm,
        reservation: SequenceReservation, replayWindow: ReplayWindow
    ) throws(ContextError) {
        // Anybody could derive the keys.
        guard !masterSecret.isEmpty else { throw .invalidKeyMaterial }
        // OSC-0059: every AEAD that has a number here takes a nonce of 7 to 13 bytes.
        guard let kind = algorithm.aeadKind, let keyLength = algorithm.keyLength,
            let nonceLength = algorithm.nonceLength, let hash = hkdf.hash
        else { throw .unsupportedAlgorithm }
        // OSC-0015
        guard senderID.count <= nonceLength - 6, recipientID.count <= nonceLength - 6 else { throw .identifierTooLong }
        guard senderID != recipientID else { throw .identifiersNotDistinct }
        // Flags, Partial IV, length byte and kid leave this much of the option value.
        guard (kidContext?.count ?? 0) <= Self.maximumIDContextCount else { throw .idContextTooLong }
        let senderKey = try KeyDerivation.derive(
            hash, salt: masterSalt, secret: masterSecret, id: senderID.bytes.span, idContext: idContext,
            algorithm: algorithm.rawValue, type: "Key", count: keyLength)
        let recipientKey = try KeyDerivation.derive(
            hash, salt: masterSalt, secret: masterSecret, id: recipientID.bytes.span, idContext: idContext,
            algorithm: algorithm.rawValue, type: "Key", count: keyLength)
        let commonIV = try KeyDerivation.derive(
            hash, salt: masterSalt, secret: masterSecret, id: [UInt8]().span, idContext: idContext,
            algorithm: algorithm.rawValue, type: "IV", count: nonceLength)
        do {
            unsafe self.sender = try SenderContext(
                kind, key: senderKey, senderID: senderID, kidContext: kidContext, reservation: reservation,
                own: NonceProducer(id: senderID, commonIV: commonIV, algorithm: algorithm),
                peer: NonceProducer(id: recipientID, commonIV: commonIV, algorithm: algorithm))
            unsafe self.recipient = try RecipientContext(
                kind, key: recipientKey, recipientID: recipientID, replayWindow: replayWindow,
                own: NonceProducer(id: senderID, commonIV: commonIV, algorithm: algorithm),
                peer: NonceProducer(id: recipientID, commonIV: commonIV, algorithm: algorithm))
        } catch {
            throw .invalidKeyMaterial
        }
        self.identity = try ContextIdentity(
            hash, salt: masterSalt, secret: masterSecret, id: senderID, idContext: idContext)
        self.kidContext = kidContext
        self.algorithm = algorithm
        self.idContext = idContext
        self.senderID = senderID
        self.recipientID = recipientID
    }

    // OSC-0069
    /// Notes that every Partial IV below `end` is durable now. Never goes back.
    public func extendReservation(to end: UInt64) {
        unsafe sender.reservation.extend(to: end)
    }

    /// The longest ID Context that always fits: 255 − flags − Partial IV − length byte − kid.
    public static let maximumIDContextCount = 255 - 1 - 5 - 1 - SenderID.maximumCount
}

@available(*, unavailable)
extension SecurityContext: Sendable {}
