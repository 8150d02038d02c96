import Glibc
import TestSupport
import Testing

@testable import Bytes

struct SecretBytesTests {
    /// The system reads the memory back, because it does not belong to this program any more.
    @Test(.requirement("GOSC-0337"))
    func aSecretIsWipedWhenItIsDropped() throws {
        // Short enough to stay with this thread after it was freed, so that nobody else writes there.
        let length = 1000
        let pattern = [UInt8](repeating: 0xa5, count: length)
        var (before, after) = (pattern.map { $0 ^ 0xff }, [UInt8](repeating: 0, count: length))
        let file = open("/proc/self/mem", O_RDONLY)
        try #require(file >= 0)
        defer { close(file) }
        let secret = SecretBytes(copying: pattern.span)
        let address = unsafe off_t(Int(bitPattern: secret.base))
        let readBefore = pread(file, &before, length, address)
        _ = consume secret
        let readAfter = pread(file, &after, length, address)
        #expect(readBefore == length && before == pattern)
        #expect(readAfter == length)
        // The allocator makes its own notes at the beginning.
        #expect(after.dropFirst(16).allSatisfy { $0 == 0 })
    }
}
