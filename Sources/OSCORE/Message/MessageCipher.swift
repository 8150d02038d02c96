import Bytes
import COSE
import CoAP
import CryptoPrimitives

/// One direction of a Security Context: the keyed cipher, and the memory that its messages reuse.
///
/// One structure, so that a message takes exclusive access once and not once for each piece of memory.
struct MessageCipher: ~Copyable, Sendable {
    private var cipher: AEADCipher
    private var plaintext = Scratch()
    private var outer = Scratch()
    private var nonce = Scratch(capacity: 16)
    private var structure = Scratch(capacity: NonceProducer.maximumStructureCount)

    init(_ kind: AEADKind, key: borrowing SecretBytes) throws(CryptoError) {
        cipher = try AEADCipher.make(kind, key: key.bytes)
    }

    var tagLength: Int { cipher.tagLength }

    /// Lays out plaintext and outer options of a message to be protected.
    ///
    /// - Parameter room: How many bytes the protected message may have.
    mutating func layOut(
        code: Code, body: Span<UInt8>, outline: OptionOutline, option: OptionFields, room: Int
    ) throws(ProtectionError) {
        try plaintext.fill(body.count + 1) { output throws(ProtectionError) in
            try Plaintext.writeInner(code: code, body: body, outline: outline, into: &output)
        }
        guard plaintext.count <= cipher.kind.maximumPlaintextLength else { throw .tooLong }
        if outline.isAllInside {
            outer.fill(3 + OSCOREOption.maximumCount) { output in
                var writer = OptionWriter()
                writer.writeHead(.oscore, valueLength: option.encodedCount, into: &output)
                option.write(into: &output)
            }
        } else {
            let value = [UInt8](capacity: option.encodedCount) { output in option.write(into: &output) }
            try outer.fill(body.count + value.count + 4) { output throws(ProtectionError) in
                try Plaintext.writeOuter(body: body, optionValue: value.span, into: &output)
            }
        }
        guard outer.count + 1 + plaintext.count + cipher.tagLength <= room else { throw .tooLong }
    }

    /// Appends outer options, 0xff and ciphertext of what was laid out.
    ///
    /// - Parameters:
    ///   - producer: Who generated the Partial IV in effect.
    ///   - requester: Who sent the request.
    mutating func seal(
        producer: borrowing NonceProducer, _ partialIV: PartialIV, requester: borrowing NonceProducer,
        _ requestPartialIV: PartialIV, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) {
        prepare(producer, partialIV, requester, requestPartialIV)
        output.append(copying: outer.bytes)
        output.append(0xff)
        do {
            try cipher.seal(plaintext, nonce: nonce, aad: structure, into: &output)
        } catch {
            output.removeLast(outer.count + 1)
            throw .cryptography
        }
    }

    /// Decrypts, and keeps the plaintext for ``appendJoined(_:to:)``.
    ///
    /// - Returns: False if the tag does not verify.
    mutating func open(
        _ ciphertext: Span<UInt8>, producer: borrowing NonceProducer, _ partialIV: PartialIV,
        requester: borrowing NonceProducer, _ requestPartialIV: PartialIV
    ) -> Bool {
        guard ciphertext.count > cipher.tagLength else { return false }
        prepare(producer, partialIV, requester, requestPartialIV)
        do {
            try plaintext.fillPlaintext(of: ciphertext, cipher: &cipher, nonce: nonce, aad: structure)
            return true
        } catch {
            return false
        }
    }

    /// Appends the message that the plaintext and the outer options around it make; on `nil` nothing is appended.
    borrowing func appendJoined(
        _ message: borrowing ProtectedMessage, to output: inout OutputSpan<UInt8>
    ) -> JoinedMessage? {
        let start = output.count
        let joined = Plaintext.join(
            plaintext: plaintext.bytes, outer: message.body, hasOuter: message.hasUnprotectedOptions, into: &output)
        if joined == nil { output.removeLast(output.count - start) }
        return joined
    }

    private mutating func prepare(
        _ producer: borrowing NonceProducer, _ partialIV: PartialIV, _ requester: borrowing NonceProducer,
        _ requestPartialIV: PartialIV
    ) {
        nonce.fill(16) { output in producer.writeNonce(partialIV, into: &output) }
        structure.fill(NonceProducer.maximumStructureCount) { output in
            requester.writeStructure(requestPartialIV, into: &output)
        }
    }
}

/// The fields of an OSCORE option to be written; never in group mode.
struct OptionFields: Sendable {
    var partialIV: PartialIV?
    var kidContext: [UInt8]?
    var kid: SenderID?

    func write(into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        OSCOREOption.write(
            isGroupMode: false, partialIV: partialIV, kidContext: kidContext?.span, kid: kid, into: &sink)
    }

    var encodedCount: Int {
        let fields = (partialIV?.encodedCount ?? 0) + (kidContext.map { 1 + $0.count } ?? 0) + (kid?.count ?? 0)
        return partialIV == nil && kidContext == nil && kid == nil ? 0 : 1 + fields
    }
}
