import COSE
import CryptoPrimitives
import OSCORE

extension WorkbenchFailure {
    /// Why a context cannot be built.
    init(_ error: ContextError) {
        let reason =
            switch error {
            case .unsupportedAlgorithm: "an algorithm in \"algs\" is unknown, or not available here"
            case .forbiddenAlgorithm:
                "\"group_enc\" is an algorithm that must not be used here, such as AES-CBC (RFC 10021 §2.1.7)"
            case .notAnAEAD: "\"aead\" does not authenticate; pairwise mode needs an AEAD (RFC 10021 §2.1.1)"
            case .keyAgreementMismatch: "\"key_agreement\" does not go with \"hkdf\" (RFC 10021 §2.1.10)"
            case .noMode:
                "neither group mode (\"group_enc\", \"sign\") nor pairwise mode (\"aead\", \"key_agreement\") is set"
            case .noSenderContext: "\"me\" has no private key"
            case .identifierTooLong: "an identifier is longer than the nonces leave room for: nonce length - 6 bytes"
            case .identifiersNotDistinct: "two identifiers are equal: those of sender and recipient differ"
            case .idContextTooLong: "\"gid\" or \"id_context\" does not fit into an OSCORE option"
            case .invalidKeyMaterial: "the keys cannot be derived from \"master_secret\""
            case .notUnique: "another context has the same keys"
            case .invalidWindowSize: "the size of a replay window is wrong"
            case .invalidCredential(let misfit): "the credential of a member \(misfit.explanation)"
            }
        self.init(.context, "the context cannot be built: \(reason)")
    }

    /// Why a member cannot be one of the group.
    init(_ error: ContextError, of member: SenderID) {
        guard case .invalidCredential(let misfit) = error else {
            self.init(error)
            return
        }
        self.init(.context, "\"cred\" of member \(member): it \(misfit.explanation)")
    }

    /// Why a message was not protected.
    init(_ error: ProtectionError) {
        switch error {
        case .unsupportedOption:
            self.init(
                .unsupported,
                "the message has an OSCORE or Proxy-Uri option; give the plain message, and split Proxy-Uri")
        case .wrongContext: self.init(.noContext, "the request that is answered belongs to another context")
        case .unsupportedCode: self.init(.unsupported, "the Code of \"message\" is none that can be protected")
        case .malformedMessage: self.init(.decode, "the options or the payload of \"message\" are malformed")
        case .tooLong: self.init(.unsupported, "\"message\" is longer than the algorithm can encrypt")
        case .modeUnavailable:
            self.init(
                .mode, "the group does not use this mode: one of its algorithms is not set, or no key can be agreed on")
        case .requestNonceUsed: self.init(.field, "a \"partial_iv\" is needed")
        case .sequenceNumberNotReserved, .sequenceNumbersExhausted: self.init(.field, "\"partial_iv\" is out of range")
        case .unsafeMethod: self.init(.unsupported, "a deterministic request must be safe: GET or FETCH")
        case .unknownRecipient: self.init(.context, "the recipient is none of \"context.members\"")
        case .noSenderContext: self.init(.context, "\"me\" needs its \"private_key\" in \"context.members\"")
        case .cryptography: self.init(.internal, "the cryptographic library failed")
        }
    }

    /// Why a message was not accepted.
    init(_ failure: VerificationFailure) {
        switch failure {
        case .notProtected: self.init(.decode, "the message has no OSCORE option: it is not protected")
        case .malformed:
            self.init(.decode, "the OSCORE option, the payload or the plaintext is malformed, or lacks a field")
        case .noContext: self.init(.noContext, "kid or kid context belong to another context than the one given")
        case .unknownSender: self.init(.unknownSender, "the kid is none of \"members\"")
        case .mode: self.init(.mode, "the message is in a mode that this context does not use")
        case .ownMessage: self.init(.ownMessage, "the kid is that of \"me\": nobody accepts its own messages")
        case .invalidWindow: self.init(.window, "the replay window cannot be relied on")
        case .signature: self.init(.signature, "the countersignature does not verify")
        case .decryption: self.init(.decryption, "the tag does not verify: another key, nonce, AAD or ciphertext")
        case .wrongResponder: self.init(.wrongResponder, "another member answered than \"peer\", which was asked")
        case .unexpectedNotification:
            self.init(.decode, "a notification answers a request that did not observe")
        case .stateLost: self.init(.window, "the state of the context was lost")
        case .role: self.init(.mode, "the sender lacks the role for this kind of message")
        }
    }
}
