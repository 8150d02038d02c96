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
    /// This endpoint's Sender ID.
    public let senderID: SenderID
    /// The peer's Sender ID.
    public let recipientID: SenderID
    /// Where the next Partial IV comes from. Extend it after a reservation became durable.
    public var reservation: SequenceReservation {
        get { state.reservation }
        set { state.reservation = newValue }
    }
    /// What the peer's requests are checked against.
    public internal(set) var replayWindow: ReplayWindow {
        get { state.replayWindow }
        set { state.replayWindow = newValue }
    }

    var state: MessageState

    /// Derives a context from its input parameters (RFC 8613 §3.2).
    ///
    /// - Parameters:
    ///   - masterSecret: The Master Secret; not kept.
    ///   - masterSalt: The Master Salt, empty if there is none.
    ///   - idContext: The ID Context, at most 247 bytes.
    ///   - senderID: This endpoint; at most nonce length − 6 bytes.
    ///   - recipientID: The peer; different from `senderID`.
    ///   - algorithm: The AEAD Algorithm; AES-CCM-16-64-128 by default.
    ///   - hkdf: The HKDF Algorithm; HKDF SHA-256 by default.
    ///   - reservation: Numbers that no earlier run can have used.
    ///   - replayWindow: What earlier runs have seen.
    public init(
        masterSecret: Span<UInt8>, masterSalt: Span<UInt8>, idContext: [UInt8]?, senderID: SenderID,
        recipientID: SenderID, algorithm: AEADAlgorithm = .aesCCM_16_64_128, hkdf: HKDFAlgorithm = .hkdfSHA256,
        reservation: SequenceReservation, replayWindow: ReplayWindow
    ) throws(ContextError) {
        guard let kind = algorithm.aeadKind, let keyLength = algorithm.keyLength,
            let nonceLength = algorithm.nonceLength, let hash = hkdf.hash
        else { throw .unsupportedAlgorithm }
        guard senderID.count <= nonceLength - 6, recipientID.count <= nonceLength - 6 else { throw .identifierTooLong }
        guard senderID != recipientID else { throw .identifiersNotDistinct }
        // Flags, Partial IV, length byte and kid leave this much of the option value.
        guard (idContext?.count ?? 0) <= Self.maximumIDContextCount else { throw .idContextTooLong }
        let senderKey = try KeyDerivation.derive(
            hash, salt: masterSalt, secret: masterSecret, id: senderID.bytes.span, idContext: idContext,
            algorithm: algorithm.rawValue, type: "Key", count: keyLength)
        let recipientKey = try KeyDerivation.derive(
            hash, salt: masterSalt, secret: masterSecret, id: recipientID.bytes.span, idContext: idContext,
            algorithm: algorithm.rawValue, type: "Key", count: keyLength)
        let commonIV = try KeyDerivation.derive(
            hash, salt: masterSalt, secret: masterSecret, id: [UInt8]().span, idContext: idContext,
            algorithm: algorithm.rawValue, type: "IV", count: nonceLength)
        self.state = MessageState(
            reservation: reservation, replayWindow: replayWindow, senderCipher: try Self.cipher(kind, senderKey),
            recipientCipher: try Self.cipher(kind, recipientKey), aad: RequestAAD(algorithm: algorithm.rawValue),
            senderNonce: NonceBase(commonIV: commonIV, producer: senderID, count: nonceLength),
            recipientNonce: NonceBase(commonIV: commonIV, producer: recipientID, count: nonceLength),
            commonIV: commonIV)
        self.algorithm = algorithm
        self.idContext = idContext
        self.senderID = senderID
        self.recipientID = recipientID
    }

    private static func cipher(_ kind: AEADKind, _ key: borrowing SecretBytes) throws(ContextError) -> AEADCipher {
        do {
            return try AEADCipher.make(kind, key: key.bytes)
        } catch {
            throw .invalidKeyMaterial
        }
    }

    /// The longest ID Context that always fits: 255 − flags − Partial IV − length byte − kid.
    public static let maximumIDContextCount = 255 - 1 - 5 - 1 - SenderID.maximumCount
}

@available(*, unavailable)
extension SecurityContext: Sendable {}
