import CSecureMemory

// The C libraries want pointers; everything above this file has spans. Pointers never outlive the closure.

extension Span where Element == UInt8 {
    /// Lends the first byte of a span that is known to have one.
    ///
    /// No input reaches the trap: ``AEADCipher`` has checked the length of a nonce (7 bytes or more) and that a ciphertext is
    /// not shorter than its tag (4 bytes or more), and leaves empty associated data out.
    @inline(__always)
    internal func withFirst<Result, Failure: Error>(
        _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeBufferPointer { (buffer: UnsafeBufferPointer<UInt8>) throws(Failure) -> Result in
            guard let base = buffer.baseAddress else { preconditionFailure("there is a first byte") }
            return try unsafe body(base)
        }
    }

    /// Lends the first byte; a valid address even when there is none, which some OpenSSL calls insist on.
    @inline(__always)
    internal func withBase<Result, Failure: Error>(
        _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeBufferPointer { (buffer: UnsafeBufferPointer<UInt8>) throws(Failure) -> Result in
            if let base = buffer.baseAddress { return try unsafe body(base) }
            var nothing: UInt8 = 0
            return try unsafe withUnsafePointer(to: &nothing) {
                (base: UnsafePointer<UInt8>) throws(Failure) -> Result in
                try unsafe body(base)
            }
        }
    }
}

extension OutputSpan where Element == UInt8 {
    /// Lends free memory for exactly `count` more bytes. They are appended if `body` succeeds, else wiped.
    ///
    /// - Throws: ``CryptoError/invalidLength`` if there is less room; whatever `body` throws.
    @inline(__always)
    @_lifetime(self: copy self)
    internal mutating func appendBytes(
        _ count: Int, _ body: (UnsafeMutablePointer<UInt8>) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        guard count >= 0, count <= freeCapacity else { throw .invalidLength }
        try unsafe withUnsafeMutableBufferPointer {
            (buffer: UnsafeMutableBufferPointer<UInt8>, initialized: inout Int) throws(CryptoError) in
            guard let base = buffer.baseAddress else {
                var nothing: UInt8 = 0
                try unsafe withUnsafeMutablePointer(to: &nothing) {
                    (base: UnsafeMutablePointer<UInt8>) throws(CryptoError) in try unsafe body(base)
                }
                return
            }
            let start = unsafe base + initialized
            do throws(CryptoError) {
                try unsafe body(start)
                initialized += count
            } catch {
                unsafe gosc_wipe(start, count)
                throw error
            }
        }
    }
}
