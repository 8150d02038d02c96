import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

struct ServerConditionTests {
    private let thing = Thing()

    private func bench(state: ResourceState? = nil, seed: UInt64 = 1) -> ServerBench {
        var resource = Resource<BenchRequest>(methods: thing.methods.mapValues { .immediate($0) })
        if let state { resource.state = { _ in state } }
        return ServerBench(seed: seed) { $0.register(path: ["thing"], resource) }
    }

    private func put(ifMatch: [[UInt8]]) -> Message { Message(.put) { $0.ifMatch = ifMatch } }

    @Test(.requirement("COAP-0040"))
    func ifMatchHoldsForTheCurrentRepresentation() throws {
        var present = bench(state: .existing(eTag: [2]))
        #expect(try present.ask(put(ifMatch: [[1]]))?.code == .preconditionFailed)
        #expect(thing.requests.isEmpty)
        #expect(try present.ask(put(ifMatch: [[1], [2]]))?.code == .changed)
        #expect(try present.ask(put(ifMatch: [[]]))?.code == .changed)
        var missing = bench(state: .missing)
        #expect(try missing.ask(put(ifMatch: [[]]))?.code == .preconditionFailed)
        #expect(try missing.ask(put(ifMatch: [[2]]))?.code == .preconditionFailed)
    }

    @Test(.requirement("COAP-0041"))
    func ifNoneMatchHoldsForWhatDoesNotExist() throws {
        let request = Message(.put) { $0.ifNoneMatch = true }
        var present = bench(state: .existing(eTag: nil))
        #expect(try present.ask(request)?.code == .preconditionFailed)
        var missing = bench(state: .missing)
        #expect(try missing.ask(request)?.code == .changed)
    }

    @Test(.requirement("COAP-0040", "COAP-0041"))
    func withoutAStateTheHandlerOfGetIsAsked() throws {
        var bench = bench()
        thing.response.options.eTag = [7]
        #expect(try bench.ask(put(ifMatch: [[6]]))?.code == .preconditionFailed)
        #expect(try bench.ask(put(ifMatch: [[7]]))?.code == .changed)
        #expect(thing.requests.map(\.code) == [.get, .get, .put])
        #expect(thing.requests.allSatisfy { $0.options.uriPath == ["thing"] })
        thing.response = ResourceResponse(.notFound)
        #expect(try bench.ask(put(ifMatch: [[]]))?.code == .preconditionFailed)
        #expect(try bench.ask(Message(.put) { $0.ifNoneMatch = true })?.code == .changed)
        // Nobody knows: what is registered exists.
        var unknown = ServerBench {
            $0.register(path: ["thing"], methods: [.put: { _ in ResourceResponse(.changed) }])
        }
        #expect(try unknown.ask(Message(.put) { $0.ifNoneMatch = true })?.code == .preconditionFailed)
        #expect(try unknown.ask(put(ifMatch: [[]]))?.code == .changed)
        #expect(try unknown.ask(put(ifMatch: [[7]]))?.code == .preconditionFailed)
    }

    @Test(.requirement("COAP-0205", "COAP-0208"))
    func whoHasTheRepresentationIsToldThatItIsValid() throws {
        var properties = ResourceProperties()
        properties.groupAccess = .all
        var bench = ServerBench { $0.register(path: ["thing"], methods: thing.methods, properties: properties) }
        thing.response.options.eTag = [2]
        thing.response.options.maxAge = 9
        for group in [false, true] {
            let destination = group ? ServerBench.group : ServerBench.home
            let valid = try bench.ask(Message(.get) { $0.eTags = [[1], [2]] }, to: destination)
            #expect(valid?.code == .valid)
            #expect(valid?.options.eTag == [2])
            #expect(valid?.options.maxAge == 9)
            #expect(valid?.options.contentFormat == nil)
            #expect(valid?.payload == [])
            #expect(try bench.ask(Message(.get) { $0.eTags = [[1]] }, to: destination)?.text == "on")
        }
        #expect(try bench.ask(Message(.put) { $0.eTags = [[2]] })?.code == .changed)
    }

    @Test(.requirement("COAP-0165", "COAP-0209"))
    func eTagsOfTheServerAreItsOwnAndFollowTheRepresentation() throws {
        let request = Message(.get) { $0.block2 = block(0, false, .bytes64) }
        var first = bench(seed: 1)
        var second = bench(seed: 2)
        let tag = try #require(try first.ask(request)?.options.eTag)
        #expect(tag.count == 8)
        #expect(try first.ask(request)?.options.eTag == tag)
        #expect(try first.ask(Message(.get) { $0.eTags = [tag] })?.code == .valid)
        #expect(try second.ask(request)?.options.eTag != tag)
        thing.response.payload = Array("off".utf8)
        #expect(try first.ask(request)?.options.eTag != tag)
        thing.response = ResourceResponse(.content, .octetStream, Array("on".utf8))
        #expect(try first.ask(request)?.options.eTag != tag)
    }
}
