import Bytes
import CoAP
import CoAPEngine
import Foundation
import GoscKit
import TestSupport
import Testing

/// Our client at libcoap's server.
@Suite(.libcoapPresent, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct LibcoapServerProcessTests {
    private let there = "coap://[::1]:5690"

    private func server(_ options: String...) throws -> Program {
        try Program(
            ["coap-server-notls", "-p", "5690", "-v", "7"] + options, ready: "created UDP  endpoint")
    }

    @Test func everyMethodIsAnswered() async throws {
        let server = try server("-d", "4")
        defer { server.stop() }
        let client = try CoAPEndpoint()
        #expect(try await client.get("\(there)/").text?.hasPrefix("This is a test server made with libcoap") == true)
        let created = try await client.put("\(there)/mine", Array("abc".utf8), format: .textPlain)
        #expect(created.code == .created)
        #expect(try await client.put("\(there)/mine", Array("abcd".utf8), format: .textPlain).code == .changed)
        #expect(try await client.get("\(there)/mine").text == "abcd")
        #expect(try await client.delete("\(there)/mine").code == .deleted)
        #expect(try await client.get("\(there)/mine").code == .notFound)
        let non = try await client.request(.get, "\(there)/", reliability: .nonConfirmable)
        #expect(non.code == .content)
        // Answered after a second, with an acknowledgement of its own before.
        #expect(try await client.get("\(there)/async?1").text == "done")
        await client.shutDown()
    }

    @Test func bodiesOf64KiBPassBothWays() async throws {
        let server = try server()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        let body = Pattern.bytes(65_536)
        #expect(try await client.put("\(there)/example_data", body, format: .octetStream).isSuccess)
        let large = try await client.get("\(there)/example_data")
        #expect(large.code == .content && large.payload == body)
        await client.shutDown()
    }

    @Test func observerSeesEveryState() async throws {
        let server = try server()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        var seen: [String?] = []
        for try await response in try await client.observe("\(there)/example_data") {
            seen.append(response.text)
            if seen.count == 4 { break }
            _ = try await client.put("\(there)/example_data", Array("state \(seen.count)".utf8), format: .textPlain)
        }
        #expect(seen.dropFirst() == ["state 1", "state 2", "state 3"])
        await client.shutDown()
    }

    @Test func linksAreFound() async throws {
        let server = try server()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        let all = try await client.discover(try await Destination(there), for: .seconds(5))
        let links = try #require(all.first).links
        #expect(Set(links.map(\.target)) == ["/", "/time", "/async", "/example_data"])
        #expect(links.first { $0.target == "/time" }?.resourceTypes == ["ticks"])
        let some = try await client.discover(try await Destination(there), filter: ["rt=ticks"], for: .seconds(5))
        #expect(some.first?.links.map(\.target) == ["/time"])
        await client.shutDown()
    }

    @Test func groupAnswers() async throws {
        let server = try server("-g", "ff02::fd", "-G", "lo")
        defer { server.stop() }
        let client = try CoAPEndpoint()
        var answers: [ClientResponse] = []
        for try await response in try await client.group(
            .get, "coap://[ff02::fd%25lo]:5690/", collecting: ResponseCollection(deadline: .seconds(7)))
        {
            answers.append(response)
        }
        #expect(answers.count == 1)
        #expect(answers.first?.text?.hasPrefix("This is a test server made with libcoap") == true)
        await client.shutDown()
    }
}
