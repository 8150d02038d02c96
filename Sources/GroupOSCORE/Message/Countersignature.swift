import Bytes
import CBOR
import COSE
import CryptoPrimitives
import OSCORE

extension GroupContext {
    /// Fills `buffers.keystream` with what hides the countersignature of one message (RFC 10021 §4.1.1).
    ///
    /// - Parameters:
    ///   - producer: Sender ID of whoever generated the Partial IV in effect.
    ///   - partialIV: The Partial IV in effect; its shortest form is the salt.
    ///   - isRequest: Requests and responses have different keystreams.
    ///   - count: The length of a signature.
    func prepareKeystream(
        producer: SenderID, partialIV: PartialIV, isRequest: Bool, count: Int
    ) throws(CryptoError) {
        // The Gid is the one whose keys protect *this* message: after a rekeying the new one, also for old requests.
        let gid = common.groupID.bytes
        buffers.info.fill(gid.count + 24) { info in
            CBOREncoding.write(arrayOf: 4, into: &info)
            CBOREncoding.write(.bytes, UInt64(producer.count), into: &info)
            producer.write(into: &info)
            CBOREncoding.write(bytes: gid.span, into: &info)
            CBOREncoding.write(bool: isRequest, into: &info)
            CBOREncoding.write(integer: Int64(count), into: &info)
        }
        buffers.salt.fill(5) { salt in partialIV.write(into: &salt) }
        try buffers.keystream.fill(count) { keystream throws(CryptoError) in
            try deriver.derive(
                salt: buffers.salt.bytes, secret: common.signatureEncryptionKey.bytes, info: buffers.info.bytes,
                count: count, into: &keystream)
        }
    }

    /// Fills `buffers.structure` with the Countersign_structure over `ciphertext`.
    ///
    /// `buffers.externalAAD` holds the `aad_array` of the message.
    func prepareCountersignStructure(ciphertext: Span<UInt8>) {
        let length = CountersignStructure.length(
            externalAADLength: buffers.externalAAD.count, ciphertextLength: ciphertext.count,
            itemCount: common.countersignItems)
        buffers.structure.fill(length) { structure in
            CountersignStructure.write(
                externalAAD: buffers.externalAAD.bytes, ciphertext: ciphertext, itemCount: common.countersignItems,
                into: &structure)
        }
    }

    /// Appends `signature` combined with `buffers.keystream`: hides a signature, or reveals a hidden one.
    func writeCombined(_ signature: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
        let keystream = buffers.keystream.bytes
        for index in signature.indices {
            output.append(signature[index] ^ keystream[index])
        }
    }
}
