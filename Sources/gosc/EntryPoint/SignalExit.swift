import Glibc

/// A command that a signal has ended, after it has taken leave of whom it spoke with.
struct SignalExit: Error {
    let signal: Int32

    /// Ends the process by the signal, as it would have ended at once: a shell stops its loop only then.
    ///
    /// - Returns: 128 + n where the signal does not end it, as in the first process of a container.
    func end() -> Int32 {
        Glibc.signal(signal, SIG_DFL)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, signal)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        kill(getpid(), signal)
        return 128 + signal
    }
}
