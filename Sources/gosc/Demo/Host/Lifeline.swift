import Glibc
import Foundation

/// Ends the inner process of the demo when the outer one is gone, however it went.
enum Lifeline {
    /// Watches from a thread of its own, so that nothing that the story does can keep it from noticing.
    ///
    /// - Parameter cleanUp: Runs before this process exits.
    static func watch(cleanUp: @escaping @Sendable () -> Void) {
        let descriptor = DemoHost.lifeline
        // Nodes must not hold it.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) < 0, errno == EINTR {}
            cleanUp()
            _exit(1)
        }
    }
}
