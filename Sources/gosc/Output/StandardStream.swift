import Glibc
import ServiceShell

/// Standard output and standard error, unbuffered.
struct StandardStream {
    private let descriptor: Int32
    private let name: String

    static let output = Self(descriptor: STDOUT_FILENO, name: "standard output")
    static let error = Self(descriptor: STDERR_FILENO, name: "standard error")

    /// What ``write(_:)`` throws when whoever read the stream is gone. Only where SIGPIPE is ignored; elsewhere that ends
    /// the process.
    static let readerGone = CommandFailure(.storage, "nobody reads the output any more")

    /// Whether a person looks at it.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// How many characters a line of the terminal has; `nil` where that is not known.
    var columns: Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes all of a text.
    ///
    /// - Throws: ``CommandFailure`` when the device refuses it, such as a full disk.
    func write(_ text: String) throws(CommandFailure) {
        try write(Array(text.utf8))
    }

    /// Writes all bytes.
    ///
    /// - Throws: As ``write(_:)-(String)``.
    func write(_ bytes: [UInt8]) throws(CommandFailure) {
        let error: Int32 = bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.write(descriptor, base + sent, bytes.count - sent)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return errno }
                sent += count
            }
            return 0
        }
        guard error != EPIPE else { throw Self.readerGone }
        guard error == 0 else {
            throw CommandFailure(.storage, "cannot write to \(name): \(String(cString: strerror(error)))")
        }
    }

    /// Writes a text that may be lost.
    func tryWrite(_ text: String) {
        try? write(text)
    }
}
