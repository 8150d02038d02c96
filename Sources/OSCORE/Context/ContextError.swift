public import COSE

/// Why a Security Context cannot be built or used; the caller's mistake, never the peer's.
public enum ContextError: Error, Hashable, Sendable {
    /// The algorithm is unknown or not available here.
    case unsupportedAlgorithm
    /// The algorithm is known and must not be used: AES-CBC as Group Encryption Algorithm (RFC 10021 §2.1.7).
    case forbiddenAlgorithm
    /// The AEAD Algorithm does not authenticate (RFC 10021 §2.1.1).
    case notAnAEAD
    /// The Pairwise Key Agreement Algorithm does not go with the HKDF Algorithm (RFC 10021 §2.1.10).
    case keyAgreementMismatch
    /// Neither group mode nor pairwise mode has both of its algorithms.
    case noMode
    /// A silent server has no Sender Context and cannot get one.
    case noSenderContext
    /// The Sender ID or Recipient ID is longer than the nonce allows.
    case identifierTooLong
    /// Sender ID and Recipient ID are equal (RFC 8613 §3.3).
    case identifiersNotDistinct
    /// The ID Context or Gid does not fit into an option value.
    case idContextTooLong
    /// The key material is missing or has the wrong length for the algorithm.
    case invalidKeyMaterial
    /// The replay window size is outside 2 to 1024.
    case invalidWindowSize
    // OSC-0014
    /// Another context has the same Master Secret, Master Salt, ID Context and Sender ID, or the same Recipient Context;
    /// or the Sender ID is one that this member had before under the same Gid.
    case notUnique
    /// A credential, or the private key beside it, does not fit the group.
    case invalidCredential(CredentialMisfit)
}

/// Why a message could not be protected. Nothing was appended, and no sequence number or nonce is used twice.
///
/// In plain OSCORE none is used up either, but for ``cryptography``. In a group a number, or the nonce of the request that is
/// answered, is taken before the message is laid out: ``tooLong`` and ``malformedMessage`` may have used it up as well.
public enum ProtectionError: Error, Hashable, Sendable {
    /// No reserved Partial IV is left: a reservation must become durable first.
    case sequenceNumberNotReserved
    // OSC-0070
    /// Every Sender Sequence Number has been used: the context is at its end.
    case sequenceNumbersExhausted
    // OSC-0053
    /// The Code is not that of a request, or not that of a response: 0.00 and signalling messages stay as they are.
    case unsupportedCode
    // OSC-0049
    /// The message is protected already, carries a Proxy-Uri that must be split first, or is a notification to somebody
    /// who did not ask for any.
    case unsupportedOption
    /// The request that is to be answered came from somebody else than this context's peer.
    case wrongContext
    /// The options or the payload of the message are malformed.
    case malformedMessage
    /// The message is longer than the algorithm allows, or than the memory that the caller lent.
    case tooLong
    /// The answer without Partial IV to this request was given already: a second one needs its own Partial IV.
    case requestNonceUsed
    /// The group does not use the mode, or no key can be shared with the recipient.
    case modeUnavailable
    /// The recipient of a pairwise message is not known: its credential is needed first.
    case unknownRecipient
    /// A deterministic request can only ask (GET, FETCH): nobody answers for what it would change.
    case unsafeMethod
    /// A silent server, or one that lost its state, protects nothing (RFC 10021 §2.6.1.1).
    case noSenderContext
    /// The cryptographic library failed.
    case cryptography
}
