import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

struct ResourceTests {
    private func found(_ tree: ResourceTree<UnprotectedRequest>, _ method: Code, _ path: [String]) -> String {
        switch tree.route(path, method) {
        case .found(let resource, .immediate): "\(resource.properties.maximumBody)"
        case .found(_, .deferred): "later"
        case .found(_, .driver): "elsewhere"
        case .methodNotAllowed(let resource): "4.05 \(resource.properties.maximumBody)"
        case .notFound: "4.04"
        }
    }

    @Test(.requirement("COAP-0069"))
    func requestsReachTheirResourceOrGetTheReason() {
        var tree = ResourceTree<UnprotectedRequest>()
        var properties = ResourceProperties()
        let answer: ResourceTree<UnprotectedRequest>.Handler = { _ in ResourceResponse(.content) }
        properties.maximumBody = 1
        tree.register(path: ["light"], methods: [.get: answer], properties: properties)
        tree.register(
            path: ["light", "dim"], Resource(methods: [.post: .deferred { _ in ResourceResponse(.changed) }]))
        #expect(found(tree, .get, ["light"]) == "1")
        #expect(found(tree, .post, ["light"]) == "4.05 1")
        #expect(found(tree, .post, ["light", "dim"]) == "later")
        #expect(found(tree, .get, []) == "4.04")
        #expect(found(tree, .get, ["light", ""]) == "4.04")
        #expect(found(tree, .get, ["Light"]) == "4.04")
        properties.maximumBody = 2
        tree.register(path: ["light"], methods: [.put: answer], properties: properties)
        #expect(found(tree, .put, ["light"]) == "2")
        #expect(found(tree, .get, ["light"]) == "4.05 2")
    }

    @Test func resourcesCanBeTakenAwayAndPatternsServeManyPaths() {
        var tree = ResourceTree<UnprotectedRequest>()
        let answer: ResourceTree<UnprotectedRequest>.Handler = { _ in ResourceResponse(.content) }
        tree.register(path: ["a"], methods: [.get: answer])
        tree.register(pattern: ["x", .parameter], Resource(methods: [.get: .immediate(answer)]))
        tree.register(path: ["b"], methods: [.get: answer])
        #expect(tree.fixedResources.map(\.path) == [["a"], ["b"]])
        tree.remove(path: ["a"])
        tree.remove(path: ["never"])
        #expect(tree.fixedResources.map(\.path) == [["b"]])
        #expect(found(tree, .get, ["a"]) == "4.04")
        #expect(found(tree, .get, ["b"]) == "65536")
        #expect(found(tree, .get, ["x", "anything"]) == "65536")
        #expect(found(tree, .get, ["x"]) == "4.04")
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
        #expect(!standard.permits(.content, isEmptyResult: true, noResponse: nil, isVerified: true))
        #expect(standard.permits(.content, noResponse: 2, isVerified: true))
        #expect(!standard.permits(.content, noResponse: 2, isVerified: false))
        var open = standard
        open.honoursNoResponse = true
        #expect(open.permits(.notFound, noResponse: 0, isVerified: true))
        #expect(open.permits(.content, isEmptyResult: true, noResponse: 0, isVerified: true))
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
