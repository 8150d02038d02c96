import CSecureMemory

/// HKDF (RFC 5869) with its memory kept, for keys that are derived once per message: deriving allocates nothing.
///
/// It may move between threads; using it takes exclusive access. What a derivation leaves behind is wiped before it returns.
@safe
public struct HKDFDeriver: ~Copyable, Sendable {
    /// The hash function of the HMAC.
    public let hash: HashKind
    private let mac: HMAC
    // The pseudorandom key, then the last block of output, of which less may be wanted. Reached through mutating methods.
    private nonisolated(unsafe) let memory: UnsafeMutablePointer<UInt8>

    /// Prepares the memory.
    public init(_ hash: HashKind) {
        self.hash = hash
        self.mac = HMAC(hash)
        unsafe self.memory = .allocate(capacity: 2 * hash.digestLength)
        unsafe self.memory.initialize(repeating: 0, count: 2 * hash.digestLength)
    }

    deinit {
        unsafe gosc_wipe(memory, 2 * hash.digestLength)
        unsafe memory.deallocate()
    }

    /// Derives and appends `count` bytes.
    ///
    /// - Parameters: As in ``HKDF/derive(_:salt:secret:info:count:into:)``.
    /// - Throws: ``CryptoError/invalidLength`` for another `count`, or too little room.
    @_lifetime(output: copy output)
    public mutating func derive(
        salt: Span<UInt8>, secret: Span<UInt8>, info: Span<UInt8>, count: Int, into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        // The number of a block is one byte.
        guard count >= 1, count <= 255 * hash.digestLength else { throw .invalidLength }
        try unsafe output.appendBytes(count) { (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
            extract(salt: salt, secret: secret)
            unsafe info.withBase { unsafe expand(info: $0, infoCount: info.count, into: target, count: count) }
            mac.wipe()
            unsafe gosc_wipe(memory, 2 * hash.digestLength)
        }
    }

    /// PRK = HMAC(salt, secret): RFC 5869 §2.2. No salt is the same as zeros.
    private func extract(salt: Span<UInt8>, secret: Span<UInt8>) {
        unsafe salt.withBase { unsafe mac.setKey($0, count: salt.count) }
        mac.start()
        unsafe secret.withBase { unsafe mac.update($0, count: secret.count) }
        unsafe mac.finish(into: memory)
    }

    // GOSC-0148
    /// T(n) = HMAC(PRK, T(n − 1) | info | n): RFC 5869 §2.3.
    private func expand(
        info: UnsafePointer<UInt8>, infoCount: Int, into target: UnsafeMutablePointer<UInt8>, count: Int
    ) {
        let length = hash.digestLength
        unsafe mac.setKey(memory, count: length)
        var number: UInt8 = 0
        var done = 0
        while done < count {
            number += 1
            mac.start()
            if done > 0 { unsafe mac.update(target + done - length, count: length) }
            unsafe mac.update(info, count: infoCount)
            unsafe mac.update(&number, count: 1)
            if count - done >= length {
                unsafe mac.finish(into: target + done)
            } else {
                unsafe mac.finish(into: memory + length)
                unsafe (target + done).update(from: memory + length, count: count - done)
            }
            done += length
        }
    }
}
