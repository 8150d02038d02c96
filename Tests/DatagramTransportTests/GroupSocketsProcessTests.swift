import Bytes
import DatagramTransport
import Foundation
import TestSupport
import Testing

@Suite(.namespacePermitted, .inNetworkNamespace)
struct GroupSocketsProcessTests {
    private let port: UInt16 = 5683
    private var far: Int64 { MonotonicClock.now + 10_000_000_000 }

    /// Whether the kernel shows a group on an interface.
    private func isListed(_ group: IPv6Address, on interface: String) throws -> Bool {
        let table = try String(contentsOfFile: "/proc/thread-self/net/igmp6", encoding: .utf8)
        let digits = group.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return table.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields[1] == interface && fields[2] == digits
        }
    }

    /// Sends into one end of the cable and waits until it has come out of the other.
    private func expectHeard(_ payload: UInt8, at sockets: [DatagramSocket], of group: IPv6Address) throws {
        let far = try InterfaceTable.index(named: "far")
        let sending = MulticastSending(interface: far, hopLimit: 1, loopsBack: false)
        try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0), multicast: sending)
            .send(OutboundDatagram([payload], to: SocketAddress(group, port: port)))
        let poll = try DatagramPoll()
        _ = poll.wait(on: sockets, until: self.far)
        var batch = ReceivedBatch()
        let counts = sockets.map { $0.receive(into: &batch) }
        #expect(counts.reduce(0, +) == 1)
    }

    /// Waits until the interfaces have changed so that the sockets have.
    private func changes(of groups: inout GroupSockets, by poll: DatagramPoll) -> [GroupChange] {
        let limit = far
        while MonotonicClock.now < limit {
            guard poll.wait(on: [], until: limit).interfacesMayHaveChanged else { continue }
            let changes = groups.refresh()
            if !changes.isEmpty { return changes }
        }
        return []
    }

    @Test(.requirement("COAP-0107"), .requirement("COAP-0111"))
    func allCoAPNodesAreJoinedOnEachInterfaceAndLeft() throws {
        try Cable.lay()
        let addresses = try ["ff02::fd", "ff04::fd", "ff05::fd"].map { try #require(IPv6Address($0)) }
        do {
            var groups = GroupSockets()
            for interface in ["near", "far", "lo"] {
                for address in addresses { try groups.join(ListenedGroup(address, port: port, interface: interface)) }
            }
            let count = groups.sockets.count
            #expect(count == 9)
            for interface in ["near", "far", "lo"] {
                for address in addresses { #expect(try isListed(address, on: interface)) }
            }
            groups.leave(ListenedGroup(addresses[0], port: port, interface: "near"))
            let rest = groups.groups.count
            #expect(rest == 8)
            #expect(try !isListed(addresses[0], on: "near"))
            #expect(try isListed(addresses[0], on: "far"))
            let changes = groups.refresh()
            #expect(changes.isEmpty)
        }
        for interface in ["near", "far", "lo"] {
            for address in addresses { #expect(try !isListed(address, on: interface)) }
        }
    }

    @Test(.requirement("COAP-0111")) func groupIsHeardAgainAfterTheInterfaceWentAndCame() throws {
        try Cable.lay()
        let address = try #require(IPv6Address("ff05::fd"))
        let group = ListenedGroup(address, port: port, interface: "near")
        let poll = try DatagramPoll(watchesInterfaces: true)
        var groups = GroupSockets()
        try groups.join(group)
        let before = groups.sockets
        try expectHeard(1, at: before, of: address)

        try Cable.cut()
        let lost = changes(of: &groups, by: poll)
        #expect(lost == [.lost(group, .noSuchInterface("near"))])
        let between = groups.sockets.count
        #expect(between == 0)

        try Cable.lay()
        let joined = changes(of: &groups, by: poll)
        #expect(joined == [.joined(group)])
        #expect(try isListed(address, on: "near"))
        let after = groups.sockets
        try expectHeard(2, at: after, of: address)
        let received = groups.counters.received
        #expect(received == 2)
    }

    @Test(.requirement("COAP-0111")) func groupIsHeardAgainAfterTheInterfaceWasDown() throws {
        try Cable.lay()
        let address = try #require(IPv6Address("ff05::fd"))
        var groups = GroupSockets()
        try groups.join(ListenedGroup(address, port: port, interface: "near"))
        try Cable.ip("link set near down")
        _ = groups.refresh()
        try Cable.ip("link set near up")
        try Cable.settle()
        _ = groups.refresh()
        #expect(try isListed(address, on: "near"))
        let sockets = groups.sockets
        try expectHeard(1, at: sockets, of: address)
    }

    /// IPv6 needs links of at least 1280 bytes; the kernel takes it off an interface that has fewer, memberships included.
    @Test(.requirement("COAP-0111")) func groupIsHeardAgainAfterIPv6WasOff() throws {
        try Cable.lay()
        let address = try #require(IPv6Address("ff05::fd"))
        let group = ListenedGroup(address, port: port, interface: "near")
        let poll = try DatagramPoll(watchesInterfaces: true)
        var groups = GroupSockets()
        try groups.join(group)
        try Cable.ip("link set near mtu 1200")
        let lost = changes(of: &groups, by: poll)
        guard case .lost(group, .cannotJoin) = lost.first else {
            Issue.record("\(lost)")
            return
        }
        try Cable.ip("link set near mtu 1500")
        try Cable.settle()
        let joined = changes(of: &groups, by: poll)
        #expect(joined == [.joined(group)])
        let sockets = groups.sockets
        try expectHeard(1, at: sockets, of: address)
    }

    @Test func groupOfAnInterfaceThatIsNotThereIsRefused() throws {
        let group = ListenedGroup(try #require(IPv6Address("ff05::fd")), port: port, interface: "nosuch0")
        var groups = GroupSockets()
        do {
            try groups.join(group)
            Issue.record("joined")
        } catch {
            #expect(error == .noSuchInterface("nosuch0"))
        }
        let count = groups.groups.count
        #expect(count == 0)
    }

    @Test(.requirement("COAP-0085")) func answerToAGroupRequestLeavesFromTheInterfaceThatHeardIt() throws {
        let (near, far) = try Cable.lay()
        try Cable.ip("-6 addr add 2001:db8::1/64 dev near nodad")
        let link = try #require(IPv6Address("fe80::1"))
        var sources = SourceAddresses()
        let choices = [
            ("fe80::2", "fe80::1"), ("fd00:1::2", "fd00:1::1"), ("fd99::2", "fd00:1::1"),
            ("2001:db8::2", "2001:db8::1"),
            ("2001:db9::2", "2001:db8::1"),
        ]
        for (client, source) in choices {
            let client = try #require(IPv6Address(client))
            #expect(sources.address(on: near, toAnswer: client) == IPv6Address(source))
        }
        #expect(sources.address(on: near, toAnswer: .loopback) == nil)
        #expect(sources.address(on: near, toAnswer: IPv6Address(ipv4: 0x7f00_0001)) == nil)
        let lo = try InterfaceTable.index(named: "lo")
        #expect(sources.address(on: lo, toAnswer: .loopback) == .loopback)

        // A client that has a link-local address alone asks a group and is answered by a link-local address.
        let address = try #require(IPv6Address("ff02::fd"))
        let group = try DatagramSocket.group(address, port: port, interface: near)
        let server = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: port))
        let client = try DatagramSocket.unicast(
            bind: SocketAddress(try #require(IPv6Address("fe80::2")), port: 0, interface: far),
            multicast: MulticastSending(interface: far, hopLimit: 1, loopsBack: false))
        try client.send(OutboundDatagram([1], to: SocketAddress(address, port: port, interface: far)))
        let poll = try DatagramPoll()
        _ = poll.wait(on: [group], until: self.far)
        var batch = ReceivedBatch()
        try #require(group.receive(into: &batch) == 1)
        let request = batch.arrival(at: 0)
        #expect(request.destination == address)
        #expect(request.source.interface == near)
        let source = try #require(sources.address(on: request.interface, toAnswer: request.source.address))
        #expect(source == link)
        try server.send(OutboundDatagram([2], to: request.source, source: source))
        _ = poll.wait(on: [client], until: self.far)
        try #require(client.receive(into: &batch) == 1)
        let answer = batch.arrival(at: 0)
        #expect(answer.source == SocketAddress(link, port: port, interface: far))

        // An address that is going out of use is the last choice, one that is gone is none.
        try Cable.ip("-6 addr change 2001:db8::1/64 dev near nodad preferred_lft 0")
        sources.refresh()
        #expect(
            sources.address(on: near, toAnswer: try #require(IPv6Address("2001:db8::2"))) == IPv6Address("fd00:1::1"))
        try Cable.ip("-6 addr del fe80::1/64 dev near")
        sources.refresh()
        #expect(sources.address(on: near, toAnswer: try #require(IPv6Address("fe80::2"))) == nil)
        // Without a cable nobody can say whether another host has this one.
        try Cable.ip("link set far down")
        try Cable.ip("-6 addr add fe80::9/64 dev near")
        sources.refresh()
        #expect(sources.address(on: near, toAnswer: try #require(IPv6Address("fe80::2"))) == nil)
        try Cable.ip("-6 addr add fe80::8/64 dev near nodad")
        sources.refresh()
        #expect(sources.address(on: near, toAnswer: try #require(IPv6Address("fe80::2"))) == IPv6Address("fe80::8"))
    }
}
