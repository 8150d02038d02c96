import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// Texts that Swift takes for the same, and CoAP does not.
struct ExactPathTests {
    private let composed = "caf\u{e9}"
    private let decomposed = "cafe\u{301}"

    private func fixed(_ text: String) -> ResourceTree<BenchRequest>.Handler {
        { _ in ResourceResponse(.content, .textPlain, Array(text.utf8)) }
    }

    @Test func areTwoResources() throws {
        #expect(composed == decomposed)
        var bench = ServerBench {
            $0.register(path: [composed], methods: [.get: fixed("one")])
            $0.register(path: [decomposed], methods: [.get: fixed("other")])
        }
        #expect(try bench.ask(Message(.get, path: [composed]))?.text == "one")
        #expect(try bench.ask(Message(.get, path: [decomposed]))?.text == "other")
        bench.server.resources.remove(path: [composed])
        #expect(try bench.ask(Message(.get, path: [composed]))?.code == .notFound)
        #expect(try bench.ask(Message(.get, path: [decomposed]))?.text == "other")
    }

    @Test func areNotFoundUnderEachOther() throws {
        var bench = ServerBench { $0.register(path: ["a", composed], methods: [.get: fixed("one")]) }
        #expect(try bench.ask(Message(.get, path: ["a", decomposed]))?.code == .notFound)
    }

    @Test(.requirement("COAP-0136"))
    func areObservedApart() throws {
        var properties = ResourceProperties()
        properties.isObservable = true
        var bench = ServerBench {
            $0.register(path: [composed], methods: [.get: fixed("one")], properties: properties)
            $0.register(path: [decomposed], methods: [.get: fixed("other")], properties: properties)
        }
        _ = bench.effects(Message(.get, path: [composed]) { $0.observe = 0 })
        #expect(bench.changed(decomposed).isEmpty)
        // Nor does the end of the one end the other.
        let end = bench.effects(Message(.get, path: [decomposed]) { $0.observe = 1 })
        #expect(end.endedObservations.isEmpty)
        #expect(bench.changed(composed).notifications.count == 1)
    }

    @Test func haveKeysOfTheirOwn() {
        let one = OperationKey(peer: .association([1]), method: .get, options: Message(.get, path: [composed]).options)
        let other = OperationKey(
            peer: .association([1]), method: .get, options: Message(.get, path: [decomposed]).options)
        #expect(one != other)
    }
}
