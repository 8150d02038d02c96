import TestSupport
import Testing

@testable import MessageWorkbench

struct LineSplitterTests {
    private func split(_ chunks: [String], limit: Int = 100) -> [LineSplitter.Line] {
        var splitter = LineSplitter(limit: limit)
        var lines: [LineSplitter.Line] = []
        for chunk in chunks { splitter.take(Array(chunk.utf8)[...]) { lines.append($0) } }
        if let last = splitter.finish() { lines.append(last) }
        return lines
    }

    private func lines(_ texts: String...) -> [LineSplitter.Line] { texts.map { .complete(Array($0.utf8)) } }

    @Test func linesAreFoundWhereverTheStreamIsCut() {
        let text = "one\ntwo\n\nfour"
        for first in 0...text.count {
            for second in first...text.count {
                let chunks = [
                    text.prefix(first), text.dropFirst(first).prefix(second - first), text.dropFirst(second),
                ]
                #expect(split(chunks.map(String.init)) == lines("one", "two", "", "four"))
            }
        }
        #expect(split(["one\n"]) == lines("one"))
        #expect(split([]) == [])
        #expect(split(["\n"]) == lines(""))
    }

    @Test func lineOfMoreThanTheLimitIsReportedOnceAndSkipped() {
        #expect(split(["12345\n"], limit: 5) == lines("12345"))
        #expect(split(["123456\nab\n"], limit: 5) == [.tooLong] + lines("ab"))
        #expect(split(["123", "456", "789", "\nab"], limit: 5) == [.tooLong] + lines("ab"))
        #expect(split(["1234567"], limit: 5) == [.tooLong])
    }
}
