import Bytes
import CoAP
import CryptoPrimitives

/// What messages change in a Security Context, and the memory that they reuse.
///
/// One value, so that a message takes exclusive access to the context once: every access to a stored property of a class
/// is checked at run time, and a dozen of these checks cost as much as half an encryption. Within a struct the compiler
/// checks instead.
struct MessageState: ~Copyable {
    var reservation: SequenceReservation
    var replayWindow: ReplayWindow
    var senderCipher: AEADCipher
    var recipientCipher: AEADCipher
    var aad: RequestAAD
    var optionValue = Scratch(capacity: OSCOREOption.maximumCount)
    var nonce = Scratch(capacity: 16)
    var plaintext = Scratch()
    var outer = Scratch()
    let senderNonce: NonceBase
    let recipientNonce: NonceBase
    let commonIV: SecretBytes

    /// Fills `aad` and `nonce` for one message.
    ///
    /// - Parameter producer: Who generated the Partial IV.
    mutating func prepare(producer: SenderID, partialIV: PartialIV, binding: RequestBinding) {
        aad.prepare(binding)
        if producer == senderNonce.producer {
            nonce.fill(senderCipher.nonceLength) { senderNonce.write(partialIV, into: &$0) }
        } else if producer == recipientNonce.producer {
            nonce.fill(senderCipher.nonceLength) { recipientNonce.write(partialIV, into: &$0) }
        } else {
            // An identifier that one of the two had when the request was sent.
            nonce.fillNonce(
                commonIV: commonIV, producer: producer, partialIV: partialIV, count: senderCipher.nonceLength)
        }
    }

    /// Encrypts under the Sender Key and appends outer options, 0xff and ciphertext around what `optionValue` holds.
    ///
    /// - Returns: Whether the message has an Observe option. On error `output` is as it was.
    mutating func seal(
        code: Code, body: Span<UInt8>, producer: SenderID, partialIV: PartialIV, binding: RequestBinding,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Bool {
        let layout = try BodyLayout(body)
        let start = output.count
        let plaintextCount: Int
        if layout.isWhollyInner {
            plaintextCount = 1 + body.count
            let outerCount = OptionWriter.length(
                delta: Int(OptionNumber.oscore.rawValue), valueLength: optionValue.count)
            guard outerCount + 1 + plaintextCount + senderCipher.tagLength <= output.freeCapacity else {
                throw .tooLong
            }
            var writer = OptionWriter()
            writer.write(.oscore, optionValue.bytes, into: &output)
            output.append(0xff)
            output.append(code.rawValue)
            output.append(copying: body)
        } else {
            try outer.fillOuter(body: body, optionValue: optionValue)
            try plaintext.fill(body.count + 1) { plaintext throws(ProtectionError) in
                _ = try Plaintext.writeInner(code: code, body: body, into: &plaintext)
            }
            plaintextCount = plaintext.count
            guard outer.count + 1 + plaintextCount + senderCipher.tagLength <= output.freeCapacity else {
                throw .tooLong
            }
            output.append(copying: outer.bytes)
            output.append(0xff)
            output.append(copying: plaintext.bytes)
        }
        prepare(producer: producer, partialIV: partialIV, binding: binding)
        do {
            try senderCipher.seal(last: plaintextCount, of: &output, nonce: nonce, aad: aad.structure)
        } catch {
            output.removeLast(output.count - start)
            throw .cryptography
        }
        return layout.observes
    }

    /// Decrypts under the Recipient Key and appends the body of the message; nothing is appended unless it is genuine.
    ///
    /// `output` has room for the body as received.
    mutating func open(
        _ message: borrowing ProtectedMessage, producer: SenderID, partialIV: PartialIV, binding: RequestBinding,
        into output: inout OutputSpan<UInt8>
    ) throws(VerificationFailure) -> Code {
        let ciphertext = message.payload
        guard ciphertext.count > recipientCipher.tagLength else { throw .decryption }
        prepare(producer: producer, partialIV: partialIV, binding: binding)
        do {
            try plaintext.fillPlaintext(of: ciphertext, cipher: &recipientCipher, nonce: nonce, aad: aad.structure)
        } catch {
            throw .decryption
        }
        guard
            let code = Plaintext.join(
                plaintext.bytes, outer: message.body, hasOuterOptions: message.hasUnprotectedOptions, into: &output)
        else { throw .malformed }
        return code
    }
}
