import Foundation
import Glibc
import Synchronization

/// Ends the inner process of the demo when the outer one is gone, however it went.
final class Lifeline: Sendable {
    private let cleaning = Mutex(())
    private let cleanUp: @Sendable () -> Void

    /// Watches from a thread of its own, so that nothing that the story does can keep it from noticing.
    ///
    /// - Parameter cleanUp: Runs once before this process ends, whoever ends it.
    init(cleanUp: @escaping @Sendable () -> Void) {
        self.cleanUp = cleanUp
        let descriptor = DemoHost.lifeline
        // Nodes must not hold it.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        Thread.detachNewThread { [self] in
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) < 0, errno == EINTR {}
            // Whoever waited for the story has gone; how it breaks off here is of no interest.
            let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
            dup2(nowhere, STDOUT_FILENO)
            dup2(nowhere, STDERR_FILENO)
            end(with: 1)
        }
    }

    /// Cleans up and ends this process. Nobody else can end it meanwhile.
    func end(with exitCode: Int32) -> Never {
        cleaning.withLock { _ in
            cleanUp()
            fflush(nil)
            _exit(exitCode)
        }
    }
}
