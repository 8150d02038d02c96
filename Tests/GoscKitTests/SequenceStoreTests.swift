import Bytes
import CoAP
import CoAPSecurity
import OSCORE
import Synchronization
import TestSupport
import Testing

@testable import CoAPEngine
@testable import GoscKit

/// What a store that fails, and what replayed requests cost.
struct SequenceStoreTests {
    private struct DiskFull: Error {}

    private final class Store: SequenceNumberStore {
        let fails = Atomic(false)
        let calls = Atomic(0)

        func reserve(below end: UInt64) throws {
            calls.add(1, ordering: .relaxed)
            if fails.load(ordering: .relaxed) { throw DiskFull() }
        }
    }

    private func association(
        _ sender: UInt8, _ recipient: UInt8, store: Store = Store(), reservedEnd: UInt64 = 0
    ) throws -> OSCOREAssociation {
        OSCOREAssociation(
            masterSecret: Array(1...16), senderID: try #require(SenderID([sender])),
            recipientID: try #require(SenderID([recipient])), reservedEnd: reservedEnd, store: store)
    }

    private let start = MonotonicInstant(nanoseconds: 0)

    private func received(_ message: EncodedMessage, _ number: UInt64) -> IncomingRequest {
        let path = DatagramPath(
            source: SocketAddress(IPv6Address(high: 0x2001_0db8 << 32, low: 2), port: 5683),
            destination: IPv6Address(high: 0x2001_0db8 << 32, low: 1))
        return IncomingRequest(
            handle: RequestHandle(number: number), path: path, code: message.code, body: message.body,
            token: Token(number), type: .confirmable, byteCount: 4 + message.body.count)
    }

    @Test(.requirement("OSC-0069"))
    func withoutAStoreRequestsFailAndSayWhy() throws {
        let store = Store()
        let association = try association(1, 2, store: store)
        var protection = try EndpointSecurity(associations: [association])
        store.fails.store(true, ordering: .relaxed)
        var sent = 0
        var refusal: ProtectionRefusal?
        while refusal == nil, sent < 1_000 {
            do throws(ProtectionRefusal) {
                _ = try protection.protectRequest(
                    Message(code: .get), for: association.peer, continuing: nil, at: start)
                sent += 1
            } catch {
                refusal = error
            }
        }
        #expect(refusal == .notStored("DiskFull()"))
        // What was durable before may be used, and nothing else.
        #expect(sent == 256)
        #expect(protection.counters.storeFailures > 0)
        store.fails.store(false, ordering: .relaxed)
        _ = try protection.protectRequest(
            Message(code: .get), for: association.peer, continuing: nil, at: start)
    }

    @Test func theErrorOfTheStoreReachesTheCaller() async throws {
        var serving = EndpointConfiguration()
        serving.address = SocketAddress(.loopback, port: 0)
        serving.associations = [try association(1, 2)]
        let server = try CoAPEndpoint(serving)
        await server.serveProtected("now", Resource(methods: [.get: .immediate { _ in .text("now") }]))
        let store = Store()
        let association = try association(2, 1, store: store)
        var asking = EndpointConfiguration()
        asking.associations = [association]
        let client = try CoAPEndpoint(asking)
        store.fails.store(true, ordering: .relaxed)
        await #expect(throws: CoAPError.failed(.unprotectable(.notStored("DiskFull()")))) {
            for _ in 0..<300 {
                _ = try await client.request(.get, LoopbackTests.uri(server, "now"), peer: association.peer)
            }
        }
        #expect(await client.counters.security.storeFailures > 0)
        #expect(await client.counters.endpoint.unprotectable == 1)
    }

    @Test func aPeerThatIsNotKnownIsNamedAsTheReason() async throws {
        let client = try CoAPEndpoint()
        await #expect(throws: CoAPError.failed(.unprotectable(.unknownAssociation))) {
            _ = try await client.request(.get, "coap://[::1]:9/", peer: .association([9]))
        }
    }

    /// Somebody has recorded a request and sends it again without end, after a restart of the server.
    @Test(.requirement("OSC-0075"))
    func replayedRequestsDoNotUseUpTheNumbers() throws {
        let store = Store()
        var client = try EndpointSecurity(associations: [try association(2, 1)])
        var server = try EndpointSecurity(associations: [try association(1, 2, store: store, reservedEnd: 256)])
        var random = SeededGenerator(seed: 1)
        let (old, _) = try client.protectRequest(
            Message(code: .get), for: association(2, 1).peer, continuing: nil, at: start)
        var now = MonotonicInstant(nanoseconds: 5_000_000_000)
        var challenges = 0
        for number in 0..<10_000 as Range<UInt64> {
            if case .refused = server.verifyRequest(received(old, number), at: now, random: &random) { challenges += 1 }
        }
        #expect(challenges == 16)
        #expect(server.counters.challenges == 16)
        #expect(server.counters.challengesWithheld == 9_984)
        #expect(store.calls.load(ordering: .relaxed) == 1)
        // The peer itself is heard again a moment later.
        now = now.advanced(by: .milliseconds(250))
        guard case .refused = server.verifyRequest(received(old, 10_001), at: now, random: &random) else {
            Issue.record("not challenged")
            return
        }
    }
}
