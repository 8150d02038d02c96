import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

struct ServerAdmissionTests {
    private let thing = Thing()

    private func bench(_ change: (inout ResourceProperties) -> Void = { _ in }) -> ServerBench {
        var properties = ResourceProperties()
        properties.groupAccess = .all
        change(&properties)
        return ServerBench { $0.register(path: ["thing"], methods: thing.methods, properties: properties) }
    }

    @Test(.requirement("COAP-0023", "COAP-0024", "COAP-0026"))
    func optionsThatNobodyKnowsAreIgnoredOrRefused() throws {
        var bench = bench()
        let elective = Message(.get) { $0.append(OptionNumber(rawValue: 2050), [1]) }
        #expect(try bench.ask(elective)?.text == "on")
        let critical = Message(.get) { $0.append(OptionNumber(rawValue: 2051), [1]) }
        let refusal = try bench.ask(critical)
        #expect(refusal?.code == .badOption)
        #expect(refusal?.text == "option 2051")
        #expect(refusal?.options.contentFormat == nil)
        #expect(try bench.ask(critical, type: .nonConfirmable) == nil)
        #expect(try bench.ask(critical, to: ServerBench.group) == nil)
        #expect(thing.requests.count == 1)
        #expect(bench.server.counters.refused == 3)
    }

    @Test(.requirement("COAP-0180", "COAP-0179"))
    func blocksOfTheOtherKindAreNotUnderstood() throws {
        var bench = bench()
        for number in [OptionNumber.qBlock1, .qBlock2] {
            let request = Message(.get) { $0.append(number, uint: 2) }
            #expect(try bench.ask(request)?.code == .badOption)
            #expect(try bench.ask(request, to: ServerBench.group) == nil)
        }
        #expect(thing.requests.isEmpty)
    }

    @Test(.requirement("COAP-0031"))
    func dotSegmentsAreNoPath() throws {
        var bench = bench()
        for path in [[".."], ["."], ["thing", "..", "thing"]] {
            #expect(try bench.ask(Message(.get, path: path))?.code == .badOption)
        }
    }

    @Test(.requirement("COAP-0007", "COAP-0069"))
    func unknownMethodsAreNotAllowed() throws {
        var bench = bench()
        #expect(try bench.ask(Message(Code(rawValue: 8)))?.code == .methodNotAllowed)
        #expect(try bench.ask(Message(Code(rawValue: 0x1f), path: []))?.code == .methodNotAllowed)
        #expect(try bench.ask(Message(Code(rawValue: 0x1f)), to: ServerBench.group) == nil)
        #expect(try bench.ask(Message(.get, path: ["nothing"]))?.code == .notFound)
    }

    @Test(.requirement("COAP-0236"))
    func theServerIsNoProxy() throws {
        var bench = bench()
        #expect(
            try bench.ask(Message(.get) { $0.append(.proxyUri, text: "coap://h/a") })?.code == .proxyingNotSupported)
        #expect(try bench.ask(Message(.get) { $0.append(.proxyScheme, text: "coap") })?.code == .proxyingNotSupported)
        #expect(try bench.ask(Message(.get) { $0.hopLimit = 1 })?.code == .content)
    }

    @Test(.requirement("COAP-0071"))
    func payloadOfMethodsWithoutBodyIsIgnored() throws {
        var bench = bench()
        let bare = try bench.ask(Message(.get))
        #expect(try bench.ask(Message(.get, payload: [1, 2, 3])) == bare)
        #expect(try bench.ask(Message(.delete, payload: [1, 2, 3]))?.code == .deleted)
        #expect(thing.requests.allSatisfy { $0.payload.isEmpty })
    }

    @Test(.requirement("COAP-0073", "COAP-0074"))
    func bodiesThatNeedAFormatSayIt() throws {
        var bench = bench()
        for method in [Code.fetch, .patch, .iPatch] {
            #expect(try bench.ask(Message(method, payload: [1]))?.code == .unsupportedContentFormat)
            let request = Message(method, payload: [1]) { $0.contentFormat = .cbor }
            #expect(try bench.ask(request)?.code.isSuccess == true)
        }
        #expect(thing.requests.count == 3)
    }

    @Test(.requirement("COAP-0038"))
    func formatsThatTheResourceDoesNotHaveAreNotAcceptable() throws {
        var stated = bench { $0.formats = [.cbor, .textPlain] }
        #expect(try stated.ask(Message(.get) { $0.accept = .json })?.code == .notAcceptable)
        #expect(try stated.ask(Message(.get) { $0.accept = .textPlain })?.code == .content)
        #expect(try stated.ask(Message(.put) { $0.accept = .json })?.code == .changed)
        var unstated = bench()
        #expect(try unstated.ask(Message(.get) { $0.accept = .json })?.code == .content)
    }

    @Test(.requirement("COAP-0161"))
    func theReservedBlockSizeIsBad() throws {
        var bench = bench()
        #expect(try bench.ask(Message(.get) { $0.append(.block2, [7]) })?.code == .badRequest)
        #expect(try bench.ask(Message(.put) { $0.append(.block1, [0x1f]) })?.code == .badRequest)
    }

    @Test(.requirement("COAP-0270"))
    func requestsAreNotLongerThanTheirLimits() throws {
        var bench = bench()
        let deep = Message(.get, path: Array(repeating: "a", count: 17))
        let many = Message(.get) { $0.uriQuery = Array(repeating: "a", count: 33) }
        let long = Message(.get) { $0.uriQuery = Array(repeating: String(repeating: "a", count: 250), count: 5) }
        let full = Message(.get) { options in for _ in 0..<64 { options.append(OptionNumber(rawValue: 2050), []) } }
        for request in [deep, many, long, full] { #expect(try bench.ask(request)?.code == .badRequest) }
        #expect(try bench.ask(Message(.get) { $0.uriQuery = Array(repeating: "a", count: 32) })?.code == .content)
        #expect(try bench.ask(deep, to: ServerBench.group) == nil)
    }

    @Test(.requirement("COAP-0070", "COAP-0072"))
    func handlersCannotAnswerWhatTheMethodDoesNotHave() throws {
        let cases: [(Code, ResourceResponse, Code)] = [
            (.get, ResourceResponse(.changed), .internalServerError),
            (.get, ResourceResponse(.valid), .internalServerError),
            (.get, ResourceResponse(.get), .internalServerError),
            (.get, ResourceResponse(.continue), .internalServerError),
            (.put, ResourceResponse(.content), .internalServerError),
            (.delete, ResourceResponse(.content), .internalServerError),
            (.post, ResourceResponse(.content), .content),
            (.put, ResourceResponse(.created), .created), (.post, ResourceResponse(.deleted), .deleted),
            (.delete, ResourceResponse(.deleted), .deleted), (.get, ResourceResponse(.conflict), .conflict),
        ]
        for (method, answer, code) in cases {
            var bench = ServerBench { $0.register(path: ["thing"], methods: [method: { _ in answer }]) }
            #expect(try bench.ask(Message(method))?.code == code)
        }
        var bench = ServerBench {
            $0.register(path: ["thing"], methods: [.get: { _ in ResourceResponse(.conflict, payload: [0xff]) }])
        }
        #expect(try bench.ask(Message(.get))?.payload == [])
    }

    @Test(.requirement("COAP-0122"))
    func whoMayNotIsRefusedBeforeTheHandler() throws {
        let thing = thing
        let resource = Resource<BenchRequest>(
            methods: [.put: .immediate { thing.serve($0) }], permits: { $0.peer == .endpoint(ServerBench.alice) })
        var bench = ServerBench { $0.register(path: ["thing"], resource) }
        #expect(try bench.ask(Message(.put))?.code == .changed)
        #expect(try bench.ask(Message(.put), from: ServerBench.bob)?.code == .forbidden)
        let first = Message(.put, payload: bytes(16)) { $0.block1 = block(0, true, .bytes16) }
        #expect(try bench.ask(first, from: ServerBench.bob)?.code == .forbidden)
        #expect(bench.server.load.uploads == 0)
        #expect(thing.requests.count == 1)
    }

    @Test(.requirement("COAP-0183", "COAP-0185"))
    func answersThatTheClientDoesNotWantAreNotSent() throws {
        var bench = bench()
        #expect(try bench.ask(Message(.put) { $0.noResponse = 2 }) == nil)
        #expect(try bench.ask(Message(.put) { $0.noResponse = 8 })?.code == .changed)
        #expect(try bench.ask(Message(.put, path: ["nothing"]) { $0.noResponse = 2 })?.code == .notFound)
        #expect(try bench.ask(Message(.put, path: ["nothing"]) { $0.noResponse = 26 }) == nil)
        #expect(try bench.ask(Message(.put) { $0.noResponse = 127 }) == nil)
        #expect(thing.requests.count == 3)
    }
}
