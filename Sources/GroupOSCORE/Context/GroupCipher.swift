import Bytes
import COSE
import CryptoPrimitives
import OSCORE

/// The Group Encryption Algorithm under one Sender Key: an AEAD, or AES-CTR, whose integrity is the countersignature.
struct GroupCipher: ~Copyable {
    private var aead: AEADCipher?
    private var stream: StreamCipher?
    /// In bytes; 0 for AES-CTR.
    let tagLength: Int
    /// In bytes; 12 for AES-CTR.
    let nonceLength: Int

    init(_ algorithm: GroupEncryptionAlgorithm, key: borrowing SecretBytes) throws(ContextError) {
        var aead: AEADCipher?
        var stream: StreamCipher?
        do {
            if let kind = algorithm.aeadKind {
                aead = try AEADCipher.make(kind, key: key.bytes)
            } else if let kind = algorithm.streamCipherKind {
                stream = try StreamCipher.make(kind, key: key.bytes)
            }
        } catch {
            throw .invalidKeyMaterial
        }
        guard let tagLength = algorithm.tagLength, let nonceLength = algorithm.nonceLength else {
            throw .unsupportedAlgorithm
        }
        self.aead = aead
        self.stream = stream
        self.tagLength = tagLength
        self.nonceLength = nonceLength
    }

    /// Encrypts one piece of scratch memory.
    mutating func seal(
        _ plaintext: borrowing Scratch, nonce: borrowing Scratch, aad: borrowing Scratch,
        into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        // GOSC-0282: AES-CTR gets no AAD; the countersignature covers it.
        if stream != nil {
            try stream?.apply(plaintext.bytes, nonce: nonce.bytes, into: &output)
        } else {
            try aead?.seal(plaintext.bytes, nonce: nonce.bytes, aad: aad.bytes, into: &output)
        }
    }

    /// Decrypts. Only for a ciphertext whose countersignature was verified.
    mutating func open(
        _ ciphertext: Span<UInt8>, nonce: borrowing Scratch, aad: borrowing Scratch,
        into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        if stream != nil {
            try stream?.apply(ciphertext, nonce: nonce.bytes, into: &output)
        } else {
            try aead?.open(ciphertext, nonce: nonce.bytes, aad: aad.bytes, into: &output)
        }
    }
}

extension Scratch {
    /// Fills with the plaintext of a group-mode ciphertext.
    mutating func fillPlaintext(
        of ciphertext: Span<UInt8>, cipher: inout GroupCipher, nonce: borrowing Scratch, aad: borrowing Scratch
    ) throws(CryptoError) {
        try fill(ciphertext.count) { output throws(CryptoError) in
            try cipher.open(ciphertext, nonce: nonce, aad: aad, into: &output)
        }
    }
}
