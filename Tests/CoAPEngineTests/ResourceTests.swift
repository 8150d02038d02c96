import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

struct ResourceTests {
    private func request(_ code: Code, _ path: [String]) throws -> UnprotectedRequest {
        var options = Options()
        options.uriPath = path
        var server = Endpoint()
        var bytes: [UInt8] = []
        DatagramCodec.encode(
            header(.confirmable, code, 1), body: Message(code: code, options: options).body.span, into: &bytes)
        return UnprotectedRequest(try #require(server.receive(bytes).requests.first))
    }

    @Test(.requirement("COAP-0069"))
    func requestsReachTheirResourceOrGetTheReason() throws {
        var tree = ResourceTree<UnprotectedRequest>()
        tree.register(path: ["light"], methods: [.get: { _ in ResourceResponse(.content, .textPlain, [1]) }])
        tree.register(path: ["light", "dim"], methods: [.post: { ResourceResponse(.changed, payload: $0.payload) }])
        #expect(tree.respond(to: try request(.get, ["light"])) == ResourceResponse(.content, .textPlain, [1]))
        #expect(tree.respond(to: try request(.post, ["light"])).code == .methodNotAllowed)
        #expect(tree.respond(to: try request(Code(rawValue: 0x1f), ["light"])).code == .methodNotAllowed)
        #expect(tree.respond(to: try request(.post, ["light", "dim"])).code == .changed)
        #expect(tree.respond(to: try request(.get, [])).code == .notFound)
        #expect(tree.respond(to: try request(.get, ["light", ""])).code == .notFound)
        #expect(tree.respond(to: try request(.get, ["Light"])).code == .notFound)
    }

    @Test func parametersAreHandedOverAndTextGoesFirst() {
        var routes = RouteTable<String>()
        routes.register(["ace-group", .parameter], .get, "group")
        routes.register(["ace-group", .parameter, "nodes", .parameter], .put, "node")
        routes.register(["ace-group", "all"], .get, "all")
        routes.register(["ace-group", "all", "x"], .get, "x")
        #expect(found(routes.route(["ace-group", "g1"], .get)) == "group g1")
        #expect(found(routes.route(["ace-group", "all"], .get)) == "all ")
        #expect(found(routes.route(["ace-group", "g1", "nodes", "n"], .put)) == "node g1,n")
        #expect(found(routes.route(["ace-group", "all", "nodes", "n"], .put)) == "node all,n")
        #expect(found(routes.route(["ace-group", "g1", "nodes"], .put)) == "4.04")
        #expect(found(routes.route(["ace-group"], .get)) == "4.04")
        #expect(found(routes.route(["ace-group", "g1"], .put)) == "4.05")
    }

    private func found(_ route: RouteTable<String>.Route) -> String {
        switch route {
        case .found(let name, let parameters): "\(name) \(parameters.joined(separator: ","))"
        case .notFound: "4.04"
        case .methodNotAllowed: "4.05"
        }
    }

    @Test(.requirement("COAP-0089", "COAP-0090", "COAP-0186", "COAP-0187"))
    func aGroupGetsSuccessAndNoErrorsUnlessThePolicySaysOtherwise() {
        let standard = GroupResponsePolicy()
        #expect(standard.permits(.content, noResponse: nil, isVerified: true))
        for code in [Code.notFound, .methodNotAllowed, .internalServerError] {
            #expect(!standard.permits(code, noResponse: nil, isVerified: true))
            #expect(!standard.permits(code, noResponse: 0, isVerified: true))
            #expect(!standard.permits(code, noResponse: 0, isVerified: false))
        }
        #expect(standard.permits(.content, noResponse: 2, isVerified: true))
        #expect(!standard.permits(.content, noResponse: 2, isVerified: false))
        var open = standard
        open.honoursNoResponse = true
        #expect(open.permits(.notFound, noResponse: 0, isVerified: true))
        #expect(!open.permits(.notFound, noResponse: 8, isVerified: true))
        #expect(!open.permits(.notFound, noResponse: 0, isVerified: false))
        #expect(!open.permits(.content, noResponse: 2, isVerified: true))
    }

    @Test(.requirement("COAP-0183", "COAP-0185"))
    func noResponseNamesTheUnwantedClasses() {
        let unwanted = { (value: UInt8) in
            [Code.content, .notFound, .internalServerError].map { NoResponse.suppresses($0, value) }
        }
        #expect(unwanted(0) == [false, false, false])
        #expect(unwanted(2) == [true, false, false])
        #expect(unwanted(8) == [false, true, false])
        #expect(unwanted(16) == [false, false, true])
        #expect(unwanted(26) == [true, true, true])
        #expect(unwanted(127) == [true, true, true])
        #expect(unwanted(0b1110_0101) == [false, false, false])
    }

    @Test(.requirement("COAP-0092", "COAP-0091"))
    func leisureIsComputedOrTheDefaultAndAnswersSpreadOverIt() {
        #expect(Leisure.window(responders: 50, linkRate: 1000, responseSize: 200) == .seconds(10))
        #expect(Leisure.window(responders: nil, linkRate: 1000) == .seconds(20))
        #expect(Leisure.window(responders: nil, linkRate: 1000, otherwise: .unprotected) == .seconds(5))
        #expect(Leisure.window(responders: 5, linkRate: 0, otherwise: .pairwiseModeOnly) == .seconds(13))
        #expect(Leisure.window(responders: .max, linkRate: 0.001, responseSize: .max) == .seconds(3600))
        var random = SeededGenerator(seed: 5)
        let leisure = Leisure(window: .seconds(5))
        let draws = (0..<1_000).map { _ in leisure.draw(using: &random) }
        #expect(draws.allSatisfy { $0 >= .zero && $0 <= .seconds(5) })
        for fifth in 0..<5 {
            #expect((100...300).contains(draws.count { Int($0 / .seconds(1)) == fifth }))
        }
        #expect(Leisure(window: .zero).draw(using: &random) == .zero)
    }

    @Test func instantsSaturateAtTheEndOfTime() {
        let start = MonotonicInstant(nanoseconds: .max - 5)
        #expect(start.advanced(by: .seconds(1)) == MonotonicInstant(nanoseconds: .max))
        #expect(start.advanced(by: .seconds(Int64.max)) == MonotonicInstant(nanoseconds: .max))
        #expect(MonotonicInstant(nanoseconds: 0).duration(to: MonotonicInstant(nanoseconds: -3)) == .nanoseconds(-3))
        #expect(MonotonicInstant(nanoseconds: .min).duration(to: MonotonicInstant(nanoseconds: .max)) > .zero)
    }
}
