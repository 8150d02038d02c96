import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

struct ServerDiscoveryTests {
    private static let path = [".well-known", "core"]
    private static let allNodes = IPv6Address(high: 0xff02_0000_0000_0000, low: 0xfd)
    private static let neighbour = SocketAddress(IPv6Address(high: 0xfe80_0000_0000_0000, low: 7), port: 5683)

    private func bench(_ change: (inout RequestServerSettings) -> Void = { _ in }) -> ServerBench {
        var settings = RequestServerSettings()
        settings.discovery.applicationGroups = [
            ApplicationGroup(
                name: "gp1", type: "g.light",
                endpoint: SocketAddress(IPv6Address(high: 0xff05_0000_0000_0000, low: 0xdb8_0000_0001), port: 5685))
        ]
        change(&settings)
        return ServerBench(settings) { tree in
            var properties = ResourceProperties()
            properties.attributes = [LinkAttribute("rt", "core.s"), LinkAttribute("title", "a, b")]
            properties.formats = [.cbor, .aceGroupcomm]
            properties.isObservable = true
            tree.register(path: ["sensors", "a b"], methods: Thing().methods, properties: properties)
            tree.register(path: ["light"], methods: Thing().methods)
            tree.register(pattern: ["any", .parameter], Resource(methods: [:]))
            properties.isDiscoverable = false
            tree.register(path: ["hidden"], methods: Thing().methods, properties: properties)
        }
    }

    private func discover(_ query: String...) -> Message {
        Message(.get, path: Self.path) { $0.uriQuery = query }
    }

    @Test(.requirement("COAP-0212", "COAP-0218", "COAP-0219", "COAP-0221"))
    func theLinksNameWhatIsServed() throws {
        var bench = bench()
        let answer = try #require(try bench.ask(discover()))
        #expect(answer.code == .content)
        #expect(answer.options.contentFormat == .linkFormat)
        #expect(
            answer.text
                == #"</sensors/a%20b>;rt="core.s";title="a, b";ct="60 261";obs,</light>,"#
                + #"<coap://[ff05::db8:0:1]:5685/gp/gp1>;rt="g.light""#)
        let links = try LinkFormat.decode(answer.payload.span)
        #expect(links.count == 3)
    }

    @Test(.requirement("COAP-0213", "COAP-0216", "COAP-0124"))
    func aQueryFiltersAndNothingIsNothing() throws {
        var bench = bench()
        #expect(try bench.ask(discover("href=/light"))?.text == "</light>")
        #expect(try bench.ask(discover("rt=g.*"))?.text.hasPrefix("<coap://[ff05::db8:0:1]:5685/gp/gp1>") == true)
        let empty = try bench.ask(discover("rt=core.gp"))
        #expect(empty?.code == .content)
        #expect(empty?.payload == [])
        let source = Self.neighbour
        #expect(try bench.ask(discover("rt=core.gp"), from: source, to: Self.allNodes, isAuthenticated: false) == nil)
        #expect(try bench.ask(discover("rt=core.gp"), from: source, to: Self.allNodes) == nil)
    }

    @Test(.requirement("COAP-0221"))
    func aGroupThatIsAskedNamesItselfRelatively() throws {
        var bench = bench { $0.discovery.port = 5685 }
        let group = IPv6Address(high: 0xff05_0000_0000_0000, low: 0xdb8_0000_0001)
        let request = discover("rt=g.light")
        #expect(try bench.ask(request, to: group)?.text == #"</gp/gp1>;rt="g.light""#)
        #expect(try bench.ask(request, to: Self.allNodes)?.text.hasPrefix("<coap://") == true)
    }

    @Test(.requirement("COAP-0266", "COAP-0217"))
    func linksForStrangersAreOneSmallBlock() throws {
        var bench = bench {
            let group = $0.discovery.applicationGroups[0]
            $0.discovery.applicationGroups += [group, group]
        }
        let request = discover()
        let byteCount = 12 + request.bodyLength
        let answer = try #require(
            try bench.ask(request, from: Self.neighbour, to: Self.allNodes, isAuthenticated: false))
        #expect(answer.options.block2?.isMore == true)
        #expect(12 + answer.bodyLength <= 3 * byteCount)
        // One alone proves its address and gets everything.
        let challenge = try bench.ask(request, isAuthenticated: false)
        let echo = try #require(challenge?.options.echo)
        var proven = request
        proven.options.echo = echo
        #expect(try bench.ask(proven, isAuthenticated: false)?.options.block2 == nil)
    }

    @Test(.requirement("COAP-0223"))
    func strangersOnTheLinkGetSoManyAnswersInASecond() throws {
        var bench = bench {
            $0.maximumLeisurePeriods = 1_000_000
            $0.leisure = Leisure(window: .zero)
        }
        var answers = 0
        for _ in 0..<5_000 {
            answers +=
                try bench.ask(discover(), from: Self.neighbour, to: Self.allNodes, isAuthenticated: false) == nil
                ? 0 : 1
            _ = bench.advance(by: .milliseconds(1))
        }
        #expect((20...24).contains(answers))
        #expect(bench.server.counters.discoveryRefused == 5_000 - UInt64(answers))
        // From afar never, unless that is wanted.
        _ = bench.advance(by: .seconds(9))
        #expect(try bench.ask(discover(), to: Self.allNodes, isAuthenticated: false) == nil)
        #expect(try bench.ask(discover(), to: Self.allNodes) != nil)
        bench.server.settings.discovery.reachesBeyondLink = true
        #expect(try bench.ask(discover(), to: Self.allNodes, isAuthenticated: false) != nil)
    }

    @Test func onlyGetAndOnlyLinks() throws {
        var bench = bench()
        #expect(try bench.ask(Message(.put, path: Self.path))?.code == .methodNotAllowed)
        #expect(try bench.ask(Message(.get, path: Self.path) { $0.accept = .cbor })?.code == .notAcceptable)
        var closed = self.bench { $0.discovery.isEnabled = false }
        #expect(try closed.ask(discover())?.code == .notFound)
        var own = self.bench()
        own.server.resources.register(
            path: Self.path, methods: [.get: { _ in ResourceResponse(.content, payload: [1]) }])
        #expect(try own.ask(discover())?.payload == [1])
    }
}
