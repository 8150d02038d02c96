import Bytes
import CoAP
import CoAPEngine
import Foundation
import GoscKit
import TestSupport
import Testing

/// Our client at aiocoap's server.
@Suite(.aiocoapPresent, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct AiocoapServerProcessTests {
    private let there = "coap://[::1]:5690"

    private func server() throws -> Program {
        try Program([Surroundings.python, try Surroundings.peer("aiocoap_server.py"), "5690", "lo"], ready: "ready")
    }

    @Test func everyMethodIsAnswered() async throws {
        let server = try server()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        let hello = try await client.get("\(there)/hello")
        #expect(hello.code == .content && hello.text == "Hello from aiocoap")
        #expect(hello.message.options.contentFormat == .textPlain)
        #expect(try await client.put("\(there)/store", Array("abc".utf8), format: .json).code == .changed)
        #expect(try await client.post("\(there)/store", Array("def".utf8), format: .json).code == .changed)
        let stored = try await client.get("\(there)/store")
        #expect(stored.text == "abcdef" && stored.message.options.contentFormat == .json)
        #expect(try await client.delete("\(there)/store").code == .deleted)
        #expect(try await client.fetch("\(there)/search", Array("needle".utf8), format: .textPlain).text == "NEEDLE")
        #expect(try await client.get("\(there)/query?a=1&b=%26").text == "a=1\nb=&")
        #expect(try await client.get("\(there)/nowhere").code == .notFound)
        #expect(try await client.delete("\(there)/hello").code == .methodNotAllowed)
        let non = try await client.request(.get, "\(there)/hello", reliability: .nonConfirmable)
        #expect(non.text == "Hello from aiocoap")
        #expect(try await client.get("\(there)/separate").text == "later")
        #expect(try await client.get("coap://127.0.0.1:5690/hello").text == "Hello from aiocoap")
        await client.shutDown()
    }

    @Test func conditionsAreKept() async throws {
        let server = try server()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        _ = try await client.put("\(there)/store", Array("one".utf8), format: .textPlain)
        let tag = try #require(try await client.get("\(there)/store").message.options.eTag)
        var same = Options()
        same.append(.ifMatch, tag)
        let first = try await client.request(
            .put, "\(there)/store", options: same, payload: Array("two".utf8), format: .textPlain)
        let second = try await client.request(
            .put, "\(there)/store", options: same, payload: Array("three".utf8), format: .textPlain)
        #expect(first.code == .changed && second.code == .preconditionFailed)
        #expect(try await client.get("\(there)/store").text == "two")
        await client.shutDown()
    }

    @Test func bodiesOf64KiBPassBothWays() async throws {
        let server = try server()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        let body = Pattern.bytes(65_536)
        let large = try await client.get("\(there)/large")
        #expect(large.code == .content && large.payload == body)
        let digest = try await client.put("\(there)/digest", body, format: .octetStream)
        #expect(digest.code == .changed && digest.text == "65536 \(Pattern.digestOf64KiB)")
        #expect(try await client.post("\(there)/digest", body, format: .octetStream).text == digest.text)
        await client.shutDown()
    }

    @Test func observerSeesEveryState() async throws {
        let server = try server()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        var seen: [String?] = []
        for try await response in try await client.observe("\(there)/counter") {
            seen.append(response.text)
            if seen.count == 4 { break }
            _ = try await client.post("\(there)/counter", [], format: .textPlain)
        }
        #expect(seen == ["0", "1", "2", "3"])
        await client.shutDown()
    }

    @Test func linksAreFound() async throws {
        let server = try server()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        let all = try await client.discover(try await Destination(there), for: .seconds(5))
        let links = try #require(all.first).links
        #expect(Set(links.map(\.target)).isSuperset(of: ["/hello", "/store", "/large", "/counter"]))
        #expect(links.first { $0.target == "/counter" }?.isObservable == true)
        let some = try await client.discover(try await Destination(there), filter: ["rt=greeting"], for: .seconds(5))
        #expect(some.first?.links.map(\.target) == ["/hello"])
        await client.shutDown()
    }

    @Test func groupAnswers() async throws {
        let server = try server()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        var answers: [ClientResponse] = []
        for try await response in try await client.group(
            .get, "coap://[ff02::fd%25lo]:5690/hello", collecting: ResponseCollection(deadline: .seconds(2)))
        {
            answers.append(response)
        }
        #expect(answers.map(\.text) == ["Hello from aiocoap"])
        #expect(answers.first?.source.address == .loopback)
        let found = try await client.discover(
            try await Destination("coap://[ff02::fd%25lo]:5690"), filter: ["rt=greeting"], for: .seconds(2))
        #expect(found.map { $0.links.map(\.target) } == [["/hello"]])
        await client.shutDown()
    }
}
