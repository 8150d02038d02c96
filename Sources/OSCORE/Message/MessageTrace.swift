import Bytes
import CBOR

/// What the last message of a context left in its scratch memory, copied, for a tool that explains messages.
///
/// Nothing is recorded on the hot path: the buffers hold the bytes anyway. Meaningful only after the first message of a
/// fresh context; an empty field is a step that did not take place.
package struct MessageTrace: Sendable {
    /// The `aad_array`.
    package let externalAAD: [UInt8]
    /// The AEAD nonce.
    package let nonce: [UInt8]
    /// The `info` array, salt and output of the derivation that hides a countersignature.
    package let keystreamInfo: [UInt8]
    package let keystreamSalt: [UInt8]
    package let keystream: [UInt8]
    /// The countersignature in the clear.
    package let signature: [UInt8]
    /// Code, Class E options and payload.
    package let plaintext: [UInt8]

    package init(_ buffers: MessageBuffers) {
        externalAAD = [UInt8](copying: buffers.externalAAD.bytes)
        nonce = [UInt8](copying: buffers.nonce.bytes)
        keystreamInfo = [UInt8](copying: buffers.info.bytes)
        keystreamSalt = [UInt8](copying: buffers.salt.bytes)
        keystream = [UInt8](copying: buffers.keystream.bytes)
        signature = [UInt8](copying: buffers.signature.bytes)
        plaintext = [UInt8](copying: buffers.plaintext.bytes)
    }
}

extension MessageTrace {
    /// What a message of plain OSCORE left; there is no countersignature.
    fileprivate init(_ cipher: borrowing MessageCipher) {
        // The aad_array is the last item of the Enc_structure, which is written around it in one go.
        let structure = try? CBORValue(decoding: cipher.structure.bytes)
        externalAAD = structure?.arrayItems?.last?.byteString ?? []
        nonce = [UInt8](copying: cipher.nonce.bytes)
        keystreamInfo = []
        keystreamSalt = []
        keystream = []
        signature = []
        plaintext = [UInt8](copying: cipher.plaintext.bytes)
    }
}

extension SecurityContext {
    /// What the last message left that was protected.
    package var protectionTrace: MessageTrace { MessageTrace(outgoing) }

    /// What the last message left that was received.
    package var receptionTrace: MessageTrace { MessageTrace(incoming) }

    /// Puts another window in the place of the present one. Only for `gosc message`, which keeps windows itself.
    package func replaceReplayWindow(with window: ReplayWindow) {
        replayWindow = window
    }
}
