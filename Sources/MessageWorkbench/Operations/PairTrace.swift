import Bytes
import COSE
import CryptoPrimitives
import OSCORE

extension PairContextInput {
    /// What went into a message of this context, as one end sees it.
    ///
    /// The plaintext is what the ciphertext opens to with these very values: it appears only if they are those that the
    /// message was protected with.
    ///
    /// - Parameters:
    ///   - parts: The protected message.
    ///   - isProtecting: Whether it was sent from this end.
    func trace(
        _ parts: MessageParts, isProtecting: Bool, request: RequestInput?, keys: [DerivedKey]
    ) -> MessageTrace? {
        let (sender, other) = isProtecting ? (senderID, recipientID) : (recipientID, senderID)
        guard let requestPartialIV = request?.partialIV ?? parts.oscore?.partialIV else { return nil }
        let requester = request == nil ? sender : other
        let own = parts.oscore?.partialIV
        let key = { (name: String) in keys.first { $0.name == name }?.value ?? [] }
        var trace = MessageTrace(
            algorithm: aead, binding: RequestBinding(kid: requester, partialIV: requestPartialIV),
            commonIV: key("common_iv"), producer: own == nil ? requester : sender,
            partialIV: own ?? requestPartialIV)
        trace.plaintext =
            plaintext(of: parts.ciphertext, key: key(isProtecting ? "sender_key" : "recipient_key"), trace) ?? []
        return trace
    }

    private func plaintext(of ciphertext: [UInt8], key: [UInt8], _ trace: MessageTrace) -> [UInt8]? {
        guard let kind = AEADAlgorithm(rawValue: aead).aeadKind, ciphertext.count > kind.tagLength else { return nil }
        var structure: [UInt8] = []
        EncStructure.write(externalAAD: trace.externalAAD.span, into: &structure)
        do throws(CryptoError) {
            var cipher = try AEADCipher.make(kind, key: key.span)
            return try [UInt8](capacity: ciphertext.count) { output throws(CryptoError) in
                try cipher.open(ciphertext.span, nonce: trace.nonce.span, aad: structure.span, into: &output)
            }
        } catch {
            return nil
        }
    }
}
