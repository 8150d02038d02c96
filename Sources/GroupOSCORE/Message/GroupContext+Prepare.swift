import Bytes
import COSE
import CryptoPrimitives
import OSCORE

extension GroupContext {
    /// Fills `buffers.externalAAD` with the `aad_array`.
    func prepareExternalAAD(binding: GroupRequestBinding, optionValue: Span<UInt8>, credential: Span<UInt8>) {
        let length = GroupExternalAAD.length(
            common: common, binding: binding, optionValue: optionValue, senderCredential: credential)
        buffers.externalAAD.fill(length) { aad in
            GroupExternalAAD.write(
                common: common, binding: binding, optionValue: optionValue, senderCredential: credential, into: &aad)
        }
    }

    /// Fills `buffers.structure` with the Enc_structure around `buffers.externalAAD`.
    func prepareEncStructure() {
        buffers.structure.fill(EncStructure.length(externalAADLength: buffers.externalAAD.count)) { structure in
            EncStructure.write(externalAAD: buffers.externalAAD.bytes, into: &structure)
        }
    }

    /// Fills `buffers.nonce`.
    ///
    /// - Parameter count: Nonce length of the algorithm that encrypts this message.
    func prepareNonce(producer: SenderID, partialIV: PartialIV, count: Int) {
        buffers.nonce.fill(count) { nonce in
            Nonce.write(
                commonIV: common.commonIV.bytes, producer: producer, partialIV: partialIV, count: count, into: &nonce)
        }
    }
}
