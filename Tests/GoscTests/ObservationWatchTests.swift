import Bytes
import TestSupport
import Testing

@testable import gosc

/// When an observation says that somebody is not heard any more.
struct ObservationWatchTests {
    private let lamp = SocketAddress(.loopback, port: 5683)
    private let other = SocketAddress(.loopback, port: 5684)

    @Test func whoeverDoesNotAnswerAtAllIsGivenUpAfterTheTimeout() {
        var watch = ObservationWatch(patience: .seconds(10))
        #expect(watch.findings(at: .milliseconds(9999)) == [])
        #expect(watch.findings(at: .seconds(10)) == [.nobody])
    }

    @Test(.requirement("COAP-0146"))
    func aServerIsMissedOnceAfterMaxAgeAndTheNewRegistrationAndThenGivenUp() {
        var watch = ObservationWatch(patience: .seconds(10))
        watch.heard(lamp, maxAge: 60, at: .seconds(1))
        #expect(watch.findings(at: .milliseconds(78_999)) == [])
        #expect(watch.findings(at: .seconds(79)) == [.missing(lamp, since: .seconds(78))])
        #expect(watch.findings(at: .seconds(80)) == [])
        #expect(watch.findings(at: .seconds(86)) == [.lost(lamp), .over])
    }

    @Test func aServerThatIsHeardAgainIsNotGivenUp() {
        var watch = ObservationWatch(patience: .seconds(10))
        watch.heard(lamp, maxAge: 5, at: .zero)
        #expect(watch.findings(at: .seconds(23)) == [.missing(lamp, since: .seconds(23))])
        watch.heard(lamp, maxAge: 5, at: .seconds(24))
        #expect(watch.findings(at: .seconds(46)) == [])
        #expect(watch.findings(at: .seconds(47)) == [.missing(lamp, since: .seconds(23))])
    }

    @Test func aGroupGoesOnWithThoseThatAreLeft() {
        var watch = ObservationWatch(patience: .seconds(10))
        watch.heard(lamp, maxAge: 0, at: .zero)
        watch.heard(other, maxAge: 100, at: .zero)
        #expect(watch.findings(at: .seconds(26)) == [.lost(lamp)])
        #expect(watch.findings(at: .seconds(125)) == [.lost(other), .over])
    }

    @Test func whereNobodyNotifiesItIsOverWhenTheTimeoutIs() {
        var watch = ObservationWatch(patience: .seconds(10))
        watch.heard(lamp, maxAge: nil, at: .seconds(1))
        #expect(watch.findings(at: .seconds(9)) == [])
        #expect(watch.findings(at: .seconds(10)) == [.over])
        #expect(!watch.hasNotification)
    }
}
