import CLibCrypto
import CSecureMemory

/// HMAC (RFC 2104) in memory that is kept and wiped: neither a key nor a message allocates.
@safe
internal struct HMAC: ~Copyable, Sendable {
    private let hash: HashKind
    // Reached through methods of the one owner only.
    private nonisolated(unsafe) let state: UnsafeMutablePointer<gosc_hmac>
    private nonisolated(unsafe) let block: UnsafeMutablePointer<UInt8>

    internal init(_ hash: HashKind) {
        self.hash = hash
        unsafe self.state = .allocate(capacity: 1)
        unsafe self.state.initialize(to: gosc_hmac())
        unsafe self.block = .allocate(capacity: hash.blockLength)
        unsafe self.block.initialize(repeating: 0, count: hash.blockLength)
    }

    deinit {
        wipe()
        unsafe state.deallocate()
        unsafe block.deallocate()
    }

    /// Forgets the key and everything that was computed with it.
    internal func wipe() {
        unsafe gosc_wipe(state, MemoryLayout<gosc_hmac>.size)
        unsafe gosc_wipe(block, hash.blockLength)
    }

    // OSC-0010
    /// Takes a key of any length; an empty one is the same as zeros.
    internal func setKey(_ key: UnsafePointer<UInt8>, count: Int) {
        let (length, blockLength) = (hash.digestLength, hash.blockLength)
        unsafe block.update(repeating: 0, count: blockLength)
        if count > blockLength {
            unsafe gosc_sha2_start(&state.pointee.running, length)
            unsafe gosc_sha2_update(&state.pointee.running, length, key, count)
            unsafe gosc_sha2_finish(&state.pointee.running, length, block)
        } else {
            unsafe block.update(from: key, count: count)
        }
        mixIntoBlock(Padding.inner)
        unsafe gosc_sha2_start(&state.pointee.inner, length)
        unsafe gosc_sha2_update(&state.pointee.inner, length, block, blockLength)
        mixIntoBlock(Padding.inner ^ Padding.outer)
        unsafe gosc_sha2_start(&state.pointee.outer, length)
        unsafe gosc_sha2_update(&state.pointee.outer, length, block, blockLength)
    }

    /// Begins a message under the key.
    internal func start() {
        unsafe state.pointee.running = state.pointee.inner
    }

    internal func update(_ bytes: UnsafePointer<UInt8>, count: Int) {
        unsafe gosc_sha2_update(&state.pointee.running, hash.digestLength, bytes, count)
    }

    /// Writes the digest of the message, ``HashKind/digestLength`` bytes.
    internal func finish(into target: UnsafeMutablePointer<UInt8>) {
        let length = hash.digestLength
        unsafe gosc_sha2_finish(&state.pointee.running, length, target)
        unsafe state.pointee.running = state.pointee.outer
        unsafe gosc_sha2_update(&state.pointee.running, length, target, length)
        unsafe gosc_sha2_finish(&state.pointee.running, length, target)
    }

    private func mixIntoBlock(_ padding: UInt8) {
        for index in 0..<hash.blockLength { unsafe block[index] ^= padding }
    }

    /// The bytes that the key is combined with.
    private enum Padding {
        static let inner: UInt8 = 0x36
        static let outer: UInt8 = 0x5c
    }
}
