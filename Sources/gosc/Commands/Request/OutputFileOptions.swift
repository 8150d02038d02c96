import ArgumentParser
import Glibc
import ServiceShell

/// Where the body of a response goes.
struct OutputFileOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("Write the body to this file, as it came; - is standard output.", valueName: "file"))
    var outputFile: String?

    /// Writes a body to the file that was named, all of it or an error.
    func write(_ body: [UInt8]) throws(CommandFailure) {
        guard let outputFile else { return }
        guard outputFile != "-" else { return try StandardStream.output.write(body) }
        let descriptor = open(outputFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(.storage, "cannot write \(outputFile): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var sent = 0
        while sent < body.count {
            let count = body.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + sent, body.count - sent) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw CommandFailure(.storage, "cannot write \(outputFile): \(String(cString: strerror(errno)))")
            }
            sent += count
        }
    }
}
