import Bytes
import COSE
import CoAP
import CryptoPrimitives

/// The Recipient Context: what was received from the peer, its keyed cipher, and the memory that its messages reuse.
struct RecipientContext: ~Copyable, Sendable {
    var replayWindow: ReplayWindow
    /// Whose nonces were given away: the requests that got a response without Partial IV.
    var answered: ReplayWindow
    private var cipher: AEADCipher
    private let recipientID: SenderID
    private var own: NonceProducer
    private var peer: NonceProducer
    private var plaintext = Scratch()
    /// What an unproven request must bring to be accepted.
    let token = VerifierToken()

    init(
        _ kind: AEADKind, key: borrowing SecretBytes, recipientID: SenderID, replayWindow: ReplayWindow,
        own: consuming NonceProducer, peer: consuming NonceProducer
    ) throws(CryptoError) {
        let cipher = try AEADCipher.make(kind, key: key.bytes)
        self.answered = ReplayWindow(unchecked: Self.answeredCount)
        self.cipher = cipher
        self.replayWindow = replayWindow
        self.recipientID = recipientID
        self.own = own
        self.peer = peer
    }

    /// How many requests behind the latest one may still be answered under their own nonce.
    private static let answeredCount = 64

    // OSC-0081: RFC 8613 §8.2, from the replay window on.
    /// Verifies a request; appends its body only if it is verified.
    @inline(__always)
    mutating func verifyRequest(
        _ message: borrowing ProtectedMessage, _ partialIV: PartialIV, into output: inout OutputSpan<UInt8>
    ) -> RequestOutcome {
        let verdict = replayWindow.check(partialIV)
        guard verdict != .replay else { return .replay }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        peer.setNonce(partialIV)
        peer.setRequest(partialIV)
        let start = output.count
        let joined: JoinedMessage
        do throws(VerificationFailure) {
            joined = try cipher.openMessage(
                message, nonce: peer.nonce, aad: peer.structure, scratch: &plaintext,
                usesScratch: message.hasUnprotectedOptions, into: &output)
        } catch {
            return .rejected(error)
        }
        guard joined.code.isRequest else {
            output.wipe(from: start)
            return .rejected(.malformed)
        }
        guard verdict == .fresh else {
            let unproven = UnprovenRequest(
                joined, body: output, from: start, kid: recipientID, partialIV: partialIV, token: token)
            output.wipe(from: start)
            return .unproven(unproven)
        }
        // OSC-0073: only now, and checked again.
        guard replayWindow.mark(partialIV) == .fresh else {
            output.wipe(from: start)
            return .replay
        }
        return .verified(joined.code, RequestBinding(kid: recipientID, partialIV: partialIV, observe: joined.observe))
    }

    // OSC-0089: RFC 8613 §8.4.
    /// Verifies a response; appends its body only if it is verified.
    @inline(__always)
    mutating func verifyResponse(
        _ message: borrowing ProtectedMessage, to binding: RequestBinding, into output: inout OutputSpan<UInt8>
    ) -> ResponseOutcome {
        let partialIV = message.option.partialIV
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        own.setRequest(binding.partialIV)
        let start = output.count
        let joined: JoinedMessage
        do throws(VerificationFailure) {
            // OSC-0089: without a Partial IV of its own the response uses the request's nonce.
            if let partialIV {
                peer.setNonce(partialIV)
                joined = try cipher.openMessage(
                    message, nonce: peer.nonce, aad: own.structure, scratch: &plaintext,
                    usesScratch: message.hasUnprotectedOptions, into: &output)
            } else {
                own.setNonce(binding.partialIV)
                joined = try cipher.openMessage(
                    message, nonce: own.nonce, aad: own.structure, scratch: &plaintext,
                    usesScratch: message.hasUnprotectedOptions, into: &output)
            }
        } catch {
            return .rejected(error)
        }
        guard joined.code.isResponse else {
            output.wipe(from: start)
            return .rejected(.malformed)
        }
        guard joined.hasObserve else { return .verified(joined.code, partialIV) }
        // OSC-0046
        guard binding.observe != nil else {
            output.wipe(from: start)
            return .rejected(.unexpectedNotification)
        }
        return .notification(joined.code, partialIV)
    }
}
