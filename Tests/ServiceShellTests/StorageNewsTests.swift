import Synchronization
import Testing

@testable import ServiceShell

struct StorageNewsTests {
    private final class News: Sendable {
        private let all = Mutex<[StorageNews]>([])
        var taken: [StorageNews] { all.withLock { $0 } }
        func take(_ news: StorageNews) { all.withLock { $0.append(news) } }
    }

    /// A disk that is full for a day must not fill another one with lines about it.
    @Test func aStreakOfFailuresIsSaidOnceAndSoIsItsEnd() {
        let news = News()
        let watch = StorageWatch(of: "the log") { news.take($0) }
        watch.succeeded()
        #expect(news.taken == [])
        for _ in 0..<100 { watch.failed("full") }
        #expect(news.taken == [.fails("full")])
        for _ in 0..<100 { watch.succeeded() }
        #expect(news.taken == [.fails("full"), .worksAgain(file: "the log")])
        watch.failed("full")
        #expect(news.taken.count == 3)
    }

    @Test func anotherReasonIsNews() {
        let news = News()
        let watch = StorageWatch(of: "the log") { news.take($0) }
        watch.failed("full")
        watch.failed("broken")
        watch.succeeded()
        #expect(news.taken == [.fails("full"), .fails("broken"), .worksAgain(file: "the log")])
    }
}
