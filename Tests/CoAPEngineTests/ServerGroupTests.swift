import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

struct ServerGroupTests {
    private static let another = IPv6Address(high: 0xff35_0030_fd00_0000, low: 2)
    private let thing = Thing()

    private func bench(
        _ settings: RequestServerSettings = RequestServerSettings(),
        _ change: (inout ResourceProperties) -> Void = { _ in }
    ) -> ServerBench {
        var properties = ResourceProperties()
        properties.groupAccess = .all
        change(&properties)
        return ServerBench(settings) {
            $0.register(path: ["thing"], methods: thing.methods, properties: properties)
            $0.register(path: ["admin"], methods: thing.methods)
        }
    }

    @Test(.requirement("COAP-0264", "COAP-0269"))
    func onlyGroupResourcesTakeGroupRequests() throws {
        var bench = bench()
        #expect(try bench.ask(Message(.get, path: ["admin"]), to: ServerBench.group) == nil)
        #expect(try bench.ask(Message(.get, path: ["admin"]))?.code == .content)
        #expect(bench.server.counters.refusedFromGroup == 1)
        #expect(try bench.ask(Message(.get), to: ServerBench.group)?.code == .content)
        var one = self.bench { $0.groupAccess = .groups([Self.another]) }
        #expect(try one.ask(Message(.get), to: ServerBench.group) == nil)
        #expect(try one.ask(Message(.get), to: Self.another)?.code == .content)
        var none = self.bench { $0.groupAccess = GroupAccess.none }
        #expect(try none.ask(Message(.get), to: ServerBench.group) == nil)
        #expect(thing.requests.count == 3)
    }

    @Test(.requirement("COAP-0265"))
    func groupsOfStrangersAreNotServed() throws {
        var bench = bench()
        #expect(try bench.ask(Message(.get), to: ServerBench.group, isAuthenticated: false) == nil)
        #expect(thing.requests.isEmpty)
        var open = self.bench { $0.servesUnauthenticatedGroups = true }
        #expect(try open.ask(Message(.get), to: ServerBench.group, isAuthenticated: false)?.code == .content)
    }

    @Test(.requirement("COAP-0089", "COAP-0090", "COAP-0125"))
    func errorsAndNothingAreNoAnswersToAGroup() throws {
        var bench = bench()
        let silent = [
            Message(.get, path: ["nothing"]), Message(.fetch), Message(Code(rawValue: 9)),
            Message(.put) { $0.ifNoneMatch = true },
        ]
        for request in silent { #expect(try bench.ask(request, to: ServerBench.group) == nil) }
        thing.response = ResourceResponse(.notFound)
        #expect(try bench.ask(Message(.get), to: ServerBench.group) == nil)
        thing.response = ResourceResponse(.content)
        #expect(try bench.ask(Message(.get), to: ServerBench.group) == nil)
        #expect(try bench.ask(Message(.get))?.code == .content)
        // A resource whose policy lets errors through does so for all errors of the class.
        var open = self.bench {
            $0.groupPolicy.suppressesClientErrors = false
            $0.groupPolicy.suppressesEmptyResults = false
        }
        #expect(try open.ask(Message(.fetch), to: ServerBench.group)?.code == .unsupportedContentFormat)
        #expect(try open.ask(Message(.get), to: ServerBench.group)?.code == .content)
        open.server.resources.register(path: ["thing"], methods: [:], properties: openProperties)
        _ = open.advance(by: .seconds(60))
        #expect(try open.ask(Message(.get), to: ServerBench.group)?.code == .methodNotAllowed)
    }

    private var openProperties: ResourceProperties {
        var properties = ResourceProperties()
        properties.groupAccess = .all
        properties.groupPolicy.suppressesClientErrors = false
        return properties
    }

    @Test(.requirement("COAP-0186", "COAP-0187"))
    func noResponseCountsWhereTheResourceHonoursIt() throws {
        var bench = bench()
        thing.response = ResourceResponse(.notFound)
        let wanted = Message(.get) { $0.noResponse = 0 }
        #expect(try bench.ask(wanted, to: ServerBench.group) == nil)
        var honouring = self.bench { $0.groupPolicy.honoursNoResponse = true }
        #expect(try honouring.ask(wanted, to: ServerBench.group)?.code == .notFound)
        // From strangers it may ask for more silence, never for less.
        var open = self.bench { $0.servesUnauthenticatedGroups = true }
        #expect(try open.ask(wanted, to: ServerBench.group, isAuthenticated: false) == nil)
        let missing = Message(.get, path: ["nothing"]) { $0.noResponse = 0 }
        #expect(try open.ask(missing, to: ServerBench.group, isAuthenticated: false) == nil)
        thing.response = ResourceResponse(.content, payload: [1])
        let unwanted = Message(.get) { $0.noResponse = 2 }
        #expect(try open.ask(unwanted, to: ServerBench.group, isAuthenticated: false) == nil)
    }

    @Test(.requirement("COAP-0091", "COAP-0260"))
    func answersSpreadOverTheLeisure() throws {
        var settings = RequestServerSettings()
        settings.leisureOfGroup[Self.another] = Leisure(window: .seconds(20))
        var bench = bench(settings)
        for (group, window) in [(ServerBench.group, 5), (Self.another, 20)] {
            var delays: [Duration] = []
            for _ in 0..<400 {
                delays.append(try #require(try bench.effects(Message(.get), to: group).answer?.delay))
                _ = bench.advance(by: .seconds(60))
            }
            #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(window) })
            for fifth in 0..<5 {
                #expect((40...120).contains(delays.count { Int($0 * 5 / .seconds(window)) == fifth }))
            }
        }
        #expect(try bench.effects(Message(.get)).answer?.delay == .zero)
    }

    private func client(_ number: Int) -> SocketAddress {
        SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0001, low: UInt64(number)), port: 5683)
    }

    @Test(.requirement("COAP-0093"))
    func leisurePeriodsFollowOneAnother() throws {
        var bench = bench()
        let first = try #require(try bench.effects(Message(.get), to: ServerBench.group).answer?.delay)
        #expect(first <= .seconds(5))
        _ = bench.advance(by: .seconds(1))
        for number in 1...7 {
            let answer = try bench.effects(Message(.get), from: client(number), to: ServerBench.group).answer
            let delay = try #require(answer?.delay)
            #expect(delay >= .seconds(5 * number - 1) && delay <= .seconds(5 * number + 4))
        }
        // More do not queue up.
        #expect(try bench.ask(Message(.get), to: ServerBench.group) == nil)
        #expect(bench.server.counters.leisureOverload == 1)
        // Another group has its own periods, and this one goes on when these are over.
        let other = try #require(try bench.effects(Message(.get), to: Self.another).answer?.delay)
        #expect(other <= .seconds(5))
        _ = bench.advance(by: .seconds(40))
        let late = try #require(try bench.effects(Message(.get), to: ServerBench.group).answer?.delay)
        #expect(late <= .seconds(5))
    }

    @Test(.requirement("COAP-0259"))
    func largeAnswersToGroupsAreCounted() throws {
        var settings = RequestServerSettings()
        settings.verifiedAddresses = .trust
        var bench = bench(settings)
        thing.response.payload = bytes(64)
        _ = try bench.ask(Message(.get), to: ServerBench.group)
        #expect(bench.server.counters.largeGroupAnswers == 0)
        thing.response.payload = bytes(65)
        _ = try bench.ask(Message(.get))
        #expect(bench.server.counters.largeGroupAnswers == 0)
        _ = try bench.ask(Message(.get), to: ServerBench.group)
        #expect(bench.server.counters.largeGroupAnswers == 1)
    }
}
