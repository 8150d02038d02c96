internal import Glibc
internal import Synchronization

/// A thread of the operating system that runs one closure. It must be joined once by its owner.
package final class SystemThread: Sendable {
    private let handle: Mutex<pthread_t?>

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: What debuggers and `ps -L` show; cut at 15 bytes.
    ///   - body: Runs on the new thread.
    /// - Throws: What `pthread_create(3)` answered.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemErrorNumber) {
        let start = ThreadStart(name: name, body: body)
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(start)
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
                _ = unsafe start.name.withCString { unsafe pthread_setname_np(pthread_self(), $0) }
                start.body()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw SystemErrorNumber(code)
        }
        handle = Mutex(thread)
    }

    /// Waits until the closure has returned. Later calls, and a call from the thread itself, return at once.
    package func join() {
        let thread = handle.withLock { handle -> pthread_t? in
            guard let thread = handle, pthread_equal(thread, pthread_self()) == 0 else { return nil }
            handle = nil
            return thread
        }
        if let thread { _ = pthread_join(thread, nil) }
    }

    deinit {
        // Never joined: nobody will ask for its end, so the system may clean up by itself.
        handle.withLock { if let thread = $0 { _ = pthread_detach(thread) } }
    }
}

extension SystemErrorNumber: Error {}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = String(decoding: Array(name.utf8.prefix(15)), as: UTF8.self)
        self.body = body
    }
}
