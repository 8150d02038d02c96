import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import Foundation
import GoscKit
import OSCORE
import TestSupport
import Testing

/// The OSCORE interoperability tests, specification 5, with our client at aiocoap's plugtest server.
@Suite(.aiocoapPresent, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct OSCOREServerProcessTests {
    private let there = "coap://[::1]"
    private let d: [UInt8] = [0x37, 0xCB, 0xF3, 0x21, 0x00, 0x17, 0xA2, 0xD3]

    /// aiocoap's server, ready, with contexts B and D.
    private func server(_ options: String...) throws -> (Program, PlugtestContexts) {
        let contexts = try PlugtestContexts(["b", "d"])
        let program = Surroundings.environment.appending(path: "oscore-plugtest/plugtest-server").path
        return (
            try Program(
                [Surroundings.python, program, contexts.folder.path, "--bind", "[::1]"] + options,
                ready: "Plugtest server ready."), contexts
        )
    }

    private func association(idContext: [UInt8]? = nil, change: (inout OSCOREAssociation) -> Void = { _ in }) throws
        -> OSCOREAssociation
    {
        var association = OSCOREAssociation(
            masterSecret: Array(0x01...0x10), masterSalt: [0x9E, 0x7C, 0xA9, 0x22, 0x23, 0x78, 0x63, 0x40],
            idContext: idContext, senderID: try #require(SenderID([])), recipientID: try #require(SenderID([0x01])),
            reservedEnd: 0, store: Forgetful())
        change(&association)
        return association
    }

    private func client(_ associations: OSCOREAssociation...) throws -> CoAPEndpoint {
        var configuration = EndpointConfiguration()
        configuration.associations = associations
        return try CoAPEndpoint(configuration)
    }

    @Test func requestsAreAnswered() async throws {
        let (server, contexts) = try server()
        defer { server.stop() }
        let (a, c) = (try association(), try association(idContext: d))
        let client = try client(a, c)
        // 0
        #expect(try await client.get("\(there)/oscore/hello/coap").text == "Hello World!")
        // 1, 2
        for peer in [a.peer, c.peer] {
            let hello = try await client.request(.get, "\(there)/oscore/hello/1", peer: peer)
            #expect(hello.code == .content && hello.text == "Hello World!")
            #expect(hello.message.options.contentFormat == .textPlain)
        }
        // 3
        let second = try await client.request(.get, "\(there)/oscore/hello/2?first=1", peer: a.peer)
        #expect(second.text == "Hello World!" && second.message.options.eTag == [0x2B])
        // 4
        var options = Options()
        options.accept = .textPlain
        let third = try await client.request(.get, "\(there)/oscore/hello/3", options: options, peer: a.peer)
        #expect(third.text == "Hello World!" && third.message.options.maxAge == 5)
        // 8
        let sixth = try await client.request(
            .post, "\(there)/oscore/hello/6", payload: [0x4A], format: .textPlain, peer: a.peer)
        #expect(sixth.code == .changed && sixth.payload == [0x4A])
        // 9
        options = Options()
        options.append(.ifMatch, [0x7B])
        let match = try await client.request(
            .put, "\(there)/oscore/hello/7", options: options, payload: [0x7A], format: .textPlain, peer: a.peer)
        #expect(match.code == .changed)
        // 10
        options = Options()
        options.append(.ifNoneMatch, [])
        let noMatch = try await client.request(
            .put, "\(there)/oscore/hello/7", options: options, payload: [0x8A], format: .textPlain, peer: a.peer)
        #expect(noMatch.code == .preconditionFailed)
        // 11
        #expect(try await client.request(.delete, "\(there)/oscore/test", peer: a.peer).code == .deleted)
        // Not in the specification: a body in blocks.
        let body = try await client.request(.get, "\(there)/oscore/block/outer", peer: a.peer)
        #expect(body.text == "This is a large resource\n" + String(repeating: "0123456789", count: 101))
        // Not test 17: aiocoap's server gives this resource to everybody.
        await client.shutDown()
        server.stop()
        // aiocoap's server compares each request with what the specification wants, and prints what it finds.
        #expect(server.output.contains("Additional verify passed: Request options as expected"))
        #expect(!server.output.contains("Additional verify failed"), "\(server.output)")
        withExtendedLifetime(contexts) {}
    }

    @Test func observationsAreProtected() async throws {
        let (server, contexts) = try server()
        defer { server.stop() }
        let a = try association()
        let client = try client(a)
        // 5: a resource that cannot be observed answers once.
        var seen: [String?] = []
        for try await response in try await client.observe("\(there)/oscore/hello/1", peer: a.peer) {
            seen.append(response.text)
        }
        #expect(seen == ["Hello World!"])
        // 6
        seen = []
        var codes: [Code] = []
        for try await response in try await client.observe("\(there)/oscore/observe1", peer: a.peer) {
            seen.append(response.text)
            codes.append(response.code)
        }
        #expect(seen == ["one", "two", "Terminate Observe"])
        #expect(codes == [.content, .content, .internalServerError])
        // 7
        seen = []
        for try await response in try await client.observe("\(there)/oscore/observe2", peer: a.peer) {
            seen.append(response.text)
            if seen.count == 2 { break }
        }
        #expect(seen == ["one", "two"])
        await client.shutDown()
        withExtendedLifetime(contexts) {}
    }

    /// Tests 12 to 14: what does not fit together is told without protection, and is no answer.
    @Test func contextsThatDoNotFitAreNoticed() async throws {
        let (server, contexts) = try server()
        defer { server.stop() }
        let wrong: [OSCOREAssociation] = [
            try association { $0.senderID = SenderID([0x77]) ?? $0.senderID },
            try association { $0.masterSecret = Array(0x11...0x20) },
        ]
        for association in wrong {
            let client = try client(association)
            let target = try await Destination("\(there)/oscore/hello/1")
            var request = ClientRequest(
                Message(code: .get, options: target.options), to: target.address, peer: association.peer)
            request.deadline = .seconds(2)
            await #expect(throws: CoAPError.self) { try await client.response(to: request) }
            await client.shutDown()
        }
        withExtendedLifetime(contexts) {}
    }

    /// Test 15 and RFC 8613 §B.1.2: a server that has lost its replay window asks with Echo, and our client answers.
    @Test func echoOfAServerThatHasForgottenIsAnswered() async throws {
        let (server, contexts) = try server("--state-was-lost")
        defer { server.stop() }
        let a = try association()
        let client = try client(a)
        #expect(try await client.request(.get, "\(there)/oscore/hello/1", peer: a.peer).text == "Hello World!")
        await client.shutDown()
        withExtendedLifetime(contexts) {}
    }
}

/// Keeps nothing: these keys are public, and each run has a peer that begins anew, too.
private struct Forgetful: SequenceNumberStore {
    func reserve(below end: UInt64) throws {}
}
