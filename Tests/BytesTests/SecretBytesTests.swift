import Glibc
import TestSupport
import Testing

@testable import Bytes

struct SecretBytesTests {
    /// The system reads the memory back, because it does not belong to this program any more.
    @Test(.requirement("GOSC-0337"))
    func aSecretIsWipedWhenItIsDropped() throws {
        let length = 4096
        let pattern = [UInt8](repeating: 0xa5, count: length)
        let address: UInt
        do {
            let secret = SecretBytes(copying: pattern.span)
            address = UInt(bitPattern: unsafe secret.base)
            #expect(try memory(at: address, count: length) == pattern)
            _ = consume secret
        }
        // The allocator may have written its own notes at the beginning, or have taken the memory away.
        guard let left = try? memory(at: address, count: length) else { return }
        #expect(left.dropFirst(64).allSatisfy { $0 != 0xa5 })
    }

    private func memory(at address: UInt, count: Int) throws -> [UInt8] {
        let file = open("/proc/self/mem", O_RDONLY)
        try #require(file >= 0)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: count)
        try #require(pread(file, &bytes, count, off_t(address)) == count)
        return bytes
    }
}
