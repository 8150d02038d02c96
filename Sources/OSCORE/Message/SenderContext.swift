import Bytes
import COSE
import CoAP
import CryptoPrimitives

/// The Sender Context: the numbers of this endpoint's messages, its keyed cipher, and the memory that its messages reuse.
///
/// One structure, so that protecting a message takes exclusive access once and not once for each piece of it.
struct SenderContext: ~Copyable, Sendable {
    var reservation: SequenceReservation
    private var cipher: AEADCipher
    /// What follows the Partial IV in the option of every request: kid context with its length, and kid.
    private let requestTail: [UInt8]
    private let requestFlags: UInt8
    private let maximumPlaintextCount: Int
    private var own: NonceProducer
    private var peer: NonceProducer
    private var plaintext = Scratch()
    private var outer = Scratch()

    init(
        _ kind: AEADKind, key: borrowing SecretBytes, senderID: SenderID, kidContext: [UInt8]?,
        reservation: SequenceReservation, own: consuming NonceProducer, peer: consuming NonceProducer
    ) throws(CryptoError) {
        let cipher = try AEADCipher.make(kind, key: key.bytes)
        var value: [UInt8] = []
        // GOSC-0144
        OSCOREOption.write(
            isGroupMode: false, partialIV: nil, kidContext: kidContext?.span, kid: senderID, into: &value)
        self.cipher = cipher
        self.reservation = reservation
        self.own = own
        self.peer = peer
        maximumPlaintextCount = kind.maximumPlaintextLength
        requestFlags = value[0]
        requestTail = Array(value.dropFirst())
    }

    /// Appends a request; answers its Partial IV.
    ///
    /// - Parameter chosen: A Partial IV that the caller vouches for; `nil` takes the next one.
    @inline(__always)
    mutating func protectRequest(
        code: Code, body: Span<UInt8>, outline: OptionOutline, chosen: PartialIV? = nil,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> PartialIV {
        let partialIV = if let chosen { chosen } else { try reservation.peek() }
        let valueCount = 1 + partialIV.encodedCount + requestTail.count
        try layOut(code: code, body: body, outline: outline)
        let start = output.count
        if outline.isAllInside {
            try checkRoom(outerCount: OptionWriter.length(delta: 9, valueLength: valueCount), in: output)
            var writer = OptionWriter()
            writer.writeHead(.oscore, valueLength: valueCount, into: &output)
            writeRequestOption(partialIV, into: &output)
        } else {
            let value = [UInt8](capacity: valueCount) { value in writeRequestOption(partialIV, into: &value) }
            try appendOuter(body: body, value: value, into: &output)
        }
        // OSC-0069: taken when nothing but the cipher can fail any more.
        if chosen == nil { _ = try reservation.take() }
        own.setNonce(partialIV)
        own.setRequest(partialIV)
        output.append(0xff)
        // OSC-0067
        do {
            try cipher.seal(plaintext, nonce: own.nonce, aad: own.structure, into: &output)
        } catch {
            output.removeLast(output.count - start)
            throw .cryptography
        }
        return partialIV
    }

    /// Appends a response.
    ///
    /// - Parameters:
    ///   - ownPartialIV: Whether it has a Partial IV of its own, and which; `nil` uses the request's nonce.
    ///   - kidContext: Only in the first response of a context re-derivation.
    @inline(__always)
    mutating func protectResponse(
        code: Code, body: Span<UInt8>, outline: OptionOutline, ownPartialIV: PartialIV?, takes: Bool,
        kidContext: [UInt8]? = nil, to requestPartialIV: PartialIV, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) {
        try layOut(code: code, body: body, outline: outline)
        let start = output.count
        if outline.isAllInside, kidContext == nil {
            let valueCount = ownPartialIV.map { 1 + $0.encodedCount } ?? 0
            try checkRoom(outerCount: 1 + valueCount, in: output)
            var writer = OptionWriter()
            writer.writeHead(.oscore, valueLength: valueCount, into: &output)
            writeResponseOption(ownPartialIV, into: &output)
        } else {
            var value: [UInt8] = []
            OSCOREOption.write(
                isGroupMode: false, partialIV: ownPartialIV, kidContext: kidContext?.span, kid: nil, into: &value)
            try appendOuter(body: body, value: value, into: &output)
        }
        if takes { _ = try reservation.take() }
        peer.setRequest(requestPartialIV)
        output.append(0xff)
        do {
            // OSC-0060: without a Partial IV of its own a response has the nonce of the request.
            if let ownPartialIV {
                own.setNonce(ownPartialIV)
                try cipher.seal(plaintext, nonce: own.nonce, aad: peer.structure, into: &output)
            } else {
                peer.setNonce(requestPartialIV)
                try cipher.seal(plaintext, nonce: peer.nonce, aad: peer.structure, into: &output)
            }
        } catch {
            output.removeLast(output.count - start)
            throw .cryptography
        }
    }

    @inline(__always)
    private mutating func layOut(
        code: Code, body: Span<UInt8>, outline: OptionOutline
    ) throws(ProtectionError) {
        try plaintext.fill(body.count + 1) { output throws(ProtectionError) in
            try Plaintext.writeInner(code: code, body: body, outline: outline, into: &output)
        }
        guard plaintext.count <= maximumPlaintextCount else { throw .tooLong }
    }

    @inline(__always)
    private borrowing func checkRoom(
        outerCount: Int, in output: borrowing OutputSpan<UInt8>
    ) throws(ProtectionError) {
        guard outerCount + 1 + plaintext.count + cipher.tagLength <= output.freeCapacity else { throw .tooLong }
    }

    private mutating func appendOuter(
        body: Span<UInt8>, value: [UInt8], into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) {
        try outer.fill(body.count + value.count + 4) { output throws(ProtectionError) in
            try Plaintext.writeOuter(body: body, optionValue: value.span, into: &output)
        }
        try checkRoom(outerCount: outer.count, in: output)
        output.append(copying: outer.bytes)
    }

    @inline(__always)
    private borrowing func writeRequestOption(_ partialIV: PartialIV, into output: inout OutputSpan<UInt8>) {
        // OSC-0055: Partial IV and kid are in every request; the kid context wherever there is an ID Context.
        output.append(requestFlags | UInt8(truncatingIfNeeded: partialIV.encodedCount))
        partialIV.write(into: &output)
        let tail = requestTail.span
        for index in tail.indices { output.append(tail[index]) }
    }

    @inline(__always)
    private borrowing func writeResponseOption(_ partialIV: PartialIV?, into output: inout OutputSpan<UInt8>) {
        // OSC-0086: a Partial IV is included exactly if a new one was used. OSC-0057: no kid context in responses.
        guard let partialIV else { return }
        output.append(UInt8(truncatingIfNeeded: partialIV.encodedCount))
        partialIV.write(into: &output)
    }
}
