import ArgumentParser
import Glibc
import MessageWorkbench
import ServiceShell

struct MessageBatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch", abstract: "Do what JSON lines ask for, one line of answer for each, in order.",
        discussion: """
            Each line has an "op": protect, unprotect, check, decode, explain or derive. A line that is wrong is answered \
            with "ok":false, and the next one is read. Each answer is written before the next line is looked at.
            """)

    @OptionGroup var source: MessageSource
    @OptionGroup var state: MessageStateOption

    @Flag(help: "Show keys, keying material and keystreams in explanations.")
    var reveal = false

    func run() async throws {
        // Who reads the answers may have seen enough: the write says so, and that is the end.
        signal(SIGPIPE, SIG_IGN)
        let descriptor = try open()
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        do throws(CommandFailure) {
            try answerAll(from: descriptor)
        } catch {
            guard error != StandardStream.readerGone else { throw QuietExit(exitCode: .done) }
            throw error
        }
    }

    private func answerAll(from descriptor: Int32) throws(CommandFailure) {
        let (workbench, file) = try state.workbench(revealsSecrets: reveal)
        var splitter = LineSplitter()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure(.badInput, "cannot read \(source.name): \(String(cString: strerror(errno)))")
            }
            guard count > 0 else { break }
            try splitter.take(chunk[..<count]) { line throws(CommandFailure) in try answer(line, workbench, file) }
        }
        if let line = splitter.finish() { try answer(line, workbench, file) }
    }

    private func answer(
        _ line: LineSplitter.Line, _ workbench: Workbench, _ file: MessageStateFile?
    ) throws(CommandFailure) {
        let answer =
            switch line {
            case .complete(let bytes): workbench.answer(bytes)
            case .tooLong: Workbench.tooLong
            }
        try file?.store(workbench)
        try StandardStream.output.write(JSONValue.object(answer).line + "\n")
    }

    private func open() throws(CommandFailure) -> Int32 {
        guard source.file != "-" else { return STDIN_FILENO }
        let descriptor = Glibc.open(source.file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .badInput, "cannot read \(source.name): \(String(cString: strerror(errno)))", hint: "check its name")
        }
        return descriptor
    }
}
