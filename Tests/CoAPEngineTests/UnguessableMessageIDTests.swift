import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// What an attacker at an address of its own learns of the Message IDs that others get.
struct UnguessableMessageIDTests {
    /// The first Message ID that each of 200 peers is answered under.
    private func firsts(maximumPeers: Int) -> [MessageID] {
        var allocator = MessageIDAllocator(lifetime: 247_000_000_000, maximumPeers: maximumPeers)
        var random = SeededGenerator(seed: 1)
        let now = MonotonicInstant(nanoseconds: 0)
        return (1...200).compactMap { port in
            allocator.nextForAnswer(
                to: SocketAddress(Endpoint.peer.address, port: UInt16(port)), at: now, random: &random)
        }
    }

    @Test(.requirement("COAP-0053"), arguments: [4_096, 0])
    func ownAnswersDoNotTellTheMessageIDsOfOthers(maximumPeers: Int) {
        let firsts = firsts(maximumPeers: maximumPeers)
        #expect(Set(firsts).count > 190)
        // Nor does the one follow from the other by counting on.
        let steps = zip(firsts, firsts.dropFirst()).map { $1.rawValue &- $0.rawValue }
        #expect(Set(steps).count > 190)
    }

    @Test(.requirement("COAP-0052"))
    func strangersShareACountAndStillGetNoNumberTwice() {
        var allocator = MessageIDAllocator(lifetime: 247_000_000_000, maximumPeers: 0)
        var random = SeededGenerator(seed: 2)
        let now = MonotonicInstant(nanoseconds: 0)
        var used: Set<MessageID> = []
        for _ in 0..<8_192 {
            if let id = allocator.nextForAnswer(to: Endpoint.peer, at: now, random: &random) { used.insert(id) }
            _ = allocator.nextForAnswer(to: Endpoint.other, at: now, random: &random)
        }
        #expect(used.count == 8_192)
    }

    /// A server of ours sees some of the numbers, and the others lie between them.
    @Test(.requirement("COAP-0053"))
    func ownRequestsDoNotTellTheMessageIDsOfRequestsToOthers() {
        var allocator = MessageIDAllocator(lifetime: 247_000_000_000, maximumPeers: 4)
        var random = SeededGenerator(seed: 3)
        let now = MonotonicInstant(nanoseconds: 0)
        let ids = (0..<32_768).compactMap { _ in allocator.nextForRequest(at: now, random: &random)?.rawValue }
        #expect(Set(ids).count == 32_768)
        // In a random order neighbours differ by a number that any other pair has, too, about twice in so many.
        var steps: [UInt16: Int] = [:]
        for (one, other) in zip(ids, ids.dropFirst()) { steps[other &- one, default: 0] += 1 }
        #expect(steps.values.max() ?? 0 < 64)
        var second = MessageIDAllocator(lifetime: 247_000_000_000, maximumPeers: 4)
        let others = (0..<32_768).compactMap { _ in second.nextForRequest(at: now, random: &random)?.rawValue }
        #expect(zip(ids, others).filter { $0 == $1 }.count < 64)
    }

    /// An attacker registers a victim, which never answers, and acknowledges in its name.
    @Test(.requirement("COAP-0195"))
    func anObserverAtAForgedAddressCannotBeAcknowledgedForByCounting() throws {
        var server = Endpoint()
        func notification(_ source: SocketAddress) -> OutgoingNotification {
            OutgoingNotification(
                message: Message(code: .content), token: Token(1),
                path: DatagramPath(source: source, destination: Endpoint.home), isConfirmable: true)
        }
        let own = try #require(server.notify(notification(Endpoint.peer)).effects.sent.first)
        _ = server.notify(notification(Endpoint.other))
        let forged = datagram(.acknowledgement, .empty, id: own.header.messageID.rawValue)
        #expect(server.receive(forged, from: Endpoint.other).outcomes.isEmpty)
    }
}
