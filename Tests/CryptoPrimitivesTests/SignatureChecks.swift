import CryptoPrimitives

// `#expect` cannot look into an expression with spans.

extension PublicKey {
    func accepts(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        isValidSignature(signature.span, for: message.span)
    }
}

extension ECPublicKey {
    func accepts(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        isValidSignature(signature.span, for: message.span)
    }
}
