import Bytes
import DatagramTransport
import Glibc
import TestSupport
import Testing

@Suite(.namespacePermitted, .inNetworkNamespace)
struct SendFailureProcessTests {
    private var far: Int64 { MonotonicClock.now + 10_000_000_000 }

    /// EMSGSIZE, ENETUNREACH and ENOBUFS for some datagrams of a batch; the others arrive, and so does the next batch.
    @Test(.requirement("COAP-0276")) func refusedDatagramsAreNamedAndStopNoOther() throws {
        // A link of 100 bytes: a long datagram becomes more pieces than one socket may hold (IPv6 refuses such links).
        try Cable.ip("link add near type veth peer name far")
        try Cable.ip("link set near mtu 100 up")
        try Cable.ip("link set far mtu 100 up")
        try Cable.ip("addr add 192.0.2.1/24 dev near")
        let receiver = try DatagramSocket.unicast(bind: SocketAddress(.loopback, port: 0))
        let sender = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0))
        let good = receiver.localAddress
        let unreachable = SocketAddress(try #require(IPv6Address("2001:db8::1")), port: 9)
        let narrow = SocketAddress(IPv6Address(ipv4: 0xc000_0202), port: 9)
        let batch = [
            OutboundDatagram([1], to: good),
            OutboundDatagram([UInt8](repeating: 0, count: 65_528), to: good),
            OutboundDatagram([2], to: good),
            OutboundDatagram([0], to: unreachable),
            OutboundDatagram([3], to: good),
            OutboundDatagram([UInt8](repeating: 0, count: 65_000), to: narrow),
            OutboundDatagram([4], to: good),
            OutboundDatagram([UInt8](repeating: 0, count: 100_000), to: good),
        ]
        let expected: [Int: TransportError] = [
            1: .cannotSend(to: good, SystemErrorNumber(EMSGSIZE)),
            3: .cannotSend(to: unreachable, SystemErrorNumber(ENETUNREACH)),
            5: .cannotSend(to: narrow, SystemErrorNumber(ENOBUFS)),
            7: .cannotSend(to: good, SystemErrorNumber(EMSGSIZE)),
        ]
        var outbound = OutboundBatch()
        for _ in 0..<2 {
            var failures: [Int: TransportError] = [:]
            #expect(sender.send(batch) { failures[$0] = $1 } == 4)
            #expect(failures == expected)

            failures = [:]
            for datagram in batch { outbound.append(datagram.bytes, to: datagram.destination) }
            let sent = sender.send(&outbound) { failures[$0] = $1 }
            #expect(sent == 4)
            #expect(failures == expected)
            let left = outbound.count
            #expect(left == 0)
        }
        for (index, error) in expected {
            #expect(throws: error) { try sender.send(batch[index]) }
        }
        #expect(sender.counters.sendFailures == 20)

        var received = ReceivedBatch()
        let poll = try DatagramPoll()
        var payloads: [[UInt8]] = []
        while payloads.count < 16, !poll.wait(on: [receiver], until: far).ready.isEmpty {
            receiver.receive(into: &received)
            payloads += (0..<received.count).map { [UInt8](copying: received.bytes(at: $0)) }
        }
        #expect(payloads == [[[UInt8]]](repeating: [[1], [2], [3], [4]], count: 4).flatMap(\.self))
    }

    /// A queue that takes 1 kB a second: a batch waits for it once, not once a datagram.
    @Test func fullSendQueueDelaysABatchOnce() throws {
        try Cable.lay()
        guard Cable.succeeds("tc", "qdisc add dev near root tbf rate 8kbit burst 2kb latency 1000s") else {
            print("fullSendQueueDelaysABatchOnce: skipped, this kernel or system has no tc with tbf")
            return
        }
        let sender = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0))
        // A group, because nobody has to be found first.
        let slow = SocketAddress(
            try #require(IPv6Address("ff05::fd")), port: 9, interface: try InterfaceTable.index(named: "near"))
        var batch = OutboundBatch()
        var failures: [TransportError] = []
        for _ in 0..<16 where failures.isEmpty {
            while !batch.isFull { batch.append([UInt8](repeating: 0, count: 1200), to: slow) }
            sender.send(&batch) { failures.append($1) }
        }
        // Now nothing fits any more.
        failures = []
        while !batch.isFull { batch.append([UInt8](repeating: 0, count: 1200), to: slow) }
        let start = MonotonicClock.now
        let sent = sender.send(&batch) { failures.append($1) }
        #expect(MonotonicClock.now - start < 1_500_000_000)
        #expect(sent == 0)
        #expect(failures == [TransportError](repeating: .cannotSend(to: slow, SystemErrorNumber(EAGAIN)), count: 32))
    }
}
