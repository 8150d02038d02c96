public import Bytes
public import COSE

/// The input parameters of a Security Context that do not change, kept to derive several contexts from them
/// (RFC 8613 §3.2, §B.2).
public struct ContextParameters: ~Copyable, Sendable {
    /// The Master Secret.
    let masterSecret: SecretBytes
    /// The Master Salt, empty if there is none.
    let masterSalt: [UInt8]
    /// This endpoint.
    public let senderID: SenderID
    /// The peer.
    public let recipientID: SenderID
    /// The AEAD Algorithm.
    public let algorithm: AEADAlgorithm
    /// The HKDF Algorithm.
    public let hkdf: HKDFAlgorithm

    // OSC-0006: what is not given has the value of the RFC.
    /// Keeps the parameters; the Master Secret is wiped with this value.
    public init(
        masterSecret: consuming SecretBytes, masterSalt: [UInt8] = [], senderID: SenderID, recipientID: SenderID,
        algorithm: AEADAlgorithm = .aesCCM_16_64_128, hkdf: HKDFAlgorithm = .hkdfSHA256
    ) {
        self.masterSecret = masterSecret
        self.masterSalt = masterSalt
        self.senderID = senderID
        self.recipientID = recipientID
        self.algorithm = algorithm
        self.hkdf = hkdf
    }

    /// Derives a context that no restart survives, with an ID Context that travels wrapped in a CBOR byte string.
    borrowing func transientContext(idContext: [UInt8]) throws(ContextError) -> SecurityContext {
        try SecurityContext(
            masterSecret: masterSecret.bytes, masterSalt: masterSalt.span, idContext: idContext,
            kidContext: WrappedNonce.wrap(idContext), senderID: senderID, recipientID: recipientID,
            algorithm: algorithm, hkdf: hkdf, reservation: .withoutRestart, replayWindow: ReplayWindow())
    }
}
