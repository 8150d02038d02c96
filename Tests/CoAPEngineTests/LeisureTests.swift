import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

struct LeisureTests {
    private let path = DatagramPath(source: Endpoint.peer, destination: Endpoint.group.address)
    private let second = Leisure(window: .seconds(1))

    @Test(.requirement("COAP-0093"))
    func aFurtherAnswerIsDrawnFromThePeriodBehindTheOneThatRuns() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            var periods = LeisurePeriods()
            var now = MonotonicInstant(nanoseconds: 0)
            let leisure = Leisure(window: .seconds(5))
            let first = try #require(periods.draw(path, leisure, at: now, random: &random))
            #expect(first >= .zero && first <= .seconds(5))
            now = now.advanced(by: .seconds(1))
            let next = try #require(periods.draw(path, leisure, at: now, random: &random))
            #expect(next >= .seconds(4) && next <= .seconds(9))
            // Another group has a period of its own, and so has the same one on another interface.
            for other in [
                DatagramPath(source: Endpoint.peer, destination: IPv6Address(high: 0xff35 << 48, low: 9)),
                DatagramPath(
                    source: Endpoint.peer, destination: Endpoint.group.address, interface: InterfaceIndex(2)),
            ] {
                let delay = try #require(periods.draw(other, leisure, at: now, random: &random))
                #expect(delay <= .seconds(5))
            }
            // Behind both periods the next begins at once.
            now = now.advanced(by: .seconds(9))
            let last = try #require(periods.draw(path, leisure, at: now, random: &random))
            #expect(last <= .seconds(5))
        }
    }

    @Test func aPeriodShorterThanTheClockTellsIsNone() throws {
        let shortest = Leisure(window: Duration(secondsComponent: 0, attosecondsComponent: 1))
        try #require(shortest.window == .zero)
        var random = SeededGenerator(seed: 5)
        var periods = LeisurePeriods()
        #expect(periods.draw(path, shortest, at: MonotonicInstant(nanoseconds: 0), random: &random) == .zero)
    }

    @Test(.requirement("COAP-0260"))
    func answersDoNotPileUp() {
        var random = SeededGenerator(seed: 4)
        var periods = LeisurePeriods(maximumDelay: .seconds(10))
        let now = MonotonicInstant(nanoseconds: 0)
        var delays = (0..<1_000 as Range<UInt64>).compactMap { number in
            let source = SocketAddress(IPv6Address(high: 0x2001 << 48, low: number), port: 5683)
            return periods.draw(
                DatagramPath(source: source, destination: path.destination), second, at: now, random: &random)
        }
        #expect(delays.count == 10)
        #expect(delays.allSatisfy { $0 <= .seconds(10) })
        // A period that is longer than that is still kept to, once.
        periods = LeisurePeriods(maximumDelay: .seconds(10))
        let long = Leisure(window: .seconds(20))
        delays = (0..<10).compactMap { _ in periods.draw(path, long, at: now, random: &random) }
        #expect(delays.count == 1)
    }

    @Test(.requirement("COAP-0093", "COAP-0260"))
    func oneAddressCannotSilenceAGroup() throws {
        var random = SeededGenerator(seed: 7)
        var periods = LeisurePeriods(maximumDelay: .seconds(8))
        var now = MonotonicInstant(nanoseconds: 0)
        func draw(_ source: UInt64) -> Duration? {
            periods.draw(
                DatagramPath(
                    source: SocketAddress(IPv6Address(high: 0x2001 << 48, low: source), port: .random(in: 1...9)),
                    destination: path.destination), second, at: now, random: &random)
        }
        // Several at once are answered, one after the other.
        let forged = (0..<100).compactMap { _ in draw(1) }
        #expect(forged.count == 4)
        for (number, delay) in forged.enumerated() {
            #expect(delay >= .seconds(number) && delay <= .seconds(number + 1))
        }
        #expect(draw(2) != nil)
        #expect(draw(3) != nil)
        #expect(draw(1) == nil)
        now = now.advanced(by: .seconds(8))
        #expect(draw(1) != nil)
    }

    @Test func groupsAreBounded() {
        var random = SeededGenerator(seed: 5)
        var periods = LeisurePeriods(maximumGroups: 8)
        let now = MonotonicInstant(nanoseconds: 0)
        func draw(_ number: Int, at now: MonotonicInstant) -> Duration? {
            let group = IPv6Address(high: 0xff35 << 48, low: UInt64(number))
            return periods.draw(
                DatagramPath(source: Endpoint.peer, destination: group), second, at: now, random: &random)
        }
        for number in 0..<1_000 { _ = draw(number, at: now) }
        #expect(periods.count == 9)
        _ = draw(5_000, at: now.advanced(by: .seconds(100)))
        #expect(periods.count == 1)
    }

    /// Fifty members answer one request: each within the period, and not in a burst.
    @Test(.requirement("COAP-0260", "COAP-0091"))
    func fiftyMembersSpreadTheirAnswers() throws {
        var random = SeededGenerator(seed: 6)
        let leisure = Leisure(window: Leisure.window(responders: 50, linkRate: 1_000))
        #expect(leisure.window == .milliseconds(7_500))
        var times: [Duration] = []
        for member in 0..<50 as Range<UInt64> {
            var server = Endpoint()
            server.random = SeededGenerator(seed: member)
            let request = datagram(.nonConfirmable, .get, id: 1, token: Token(1))
            let incoming = try #require(server.receive(request, to: Endpoint.group.address).requests.first)
            var periods = LeisurePeriods()
            let delay = try #require(periods.draw(incoming.path, leisure, at: server.now, random: &random))
            #expect(server.respond(to: incoming.handle, Message(code: .content), after: delay).isEmpty)
            let sent = server.advance(by: .seconds(8))
            #expect(sent.map(\.effect).sent.map(\.header.type) == [.nonConfirmable])
            times += sent.map(\.at)
        }
        #expect(times.count == 50)
        // Five equal parts of the period get ten answers each on average, and none gets half of all.
        for part in 0..<5 {
            let count = times.count { $0 >= .milliseconds(1_500 * part) && $0 < .milliseconds(1_500 * (part + 1)) }
            #expect((2...22).contains(count))
        }
    }
}
