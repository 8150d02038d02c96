import Bytes
import CoAP
import OSCORE
import Synchronization
import TestSupport
import Testing

@testable import CoAPEngine
@testable import CoAPSecurity

/// Members that a group is observed at, with states that do not fit into one message.
struct GroupObserveTransferTests {
    private final class World {
        let floor = Floor()
        let client: FloorEndpoint
        let servers: [FloorEndpoint]
        private let states: [Mutexed]

        init() throws {
            client = FloorEndpoint(1, try EndpointSecurity(groups: [TestGroup().member(1)]))
            states = [Mutexed(), Mutexed()]
            var settings = RequestServerSettings()
            settings.leisure = Leisure(window: .milliseconds(50))
            settings.observing.pace = .zero
            settings.verifiedAddresses = .trust
            var servers: [FloorEndpoint] = []
            for (index, state) in states.enumerated() {
                let number = UInt8(index + 2)
                servers.append(
                    FloorEndpoint(
                        UInt64(number), try EndpointSecurity(groups: [TestGroup().member(number)]), settings: settings
                    ) { tree in
                        var properties = ResourceProperties()
                        properties.groupAccess = .all
                        properties.isObservable = true
                        tree.register(
                            path: ["t"],
                            Resource(
                                methods: [
                                    .get: .immediate { _ in ResourceResponse(.content, .octetStream, state.bytes) }
                                ], properties: properties))
                    })
            }
            self.servers = servers
            floor.add(client)
            for server in servers { floor.add(server) }
        }

        func change(_ index: Int, _ bytes: [UInt8]) {
            states[index].set(bytes)
            servers[index].changed(["t"], on: floor)
            floor.run(for: .seconds(5))
        }

        func payloads(_ id: OperationID, of index: Int) -> [[UInt8]] {
            (client.responses[id] ?? []).filter { $0.source == servers[index].address }.map(\.message.payload)
        }
    }

    private final class Mutexed: Sendable {
        private let value = Mutex<[UInt8]>([0])
        var bytes: [UInt8] { value.withLock { $0 } }
        func set(_ bytes: [UInt8]) { value.withLock { $0 = bytes } }
    }

    @Test(.requirement("GOSC-0350", "GOSC-0160", "COAP-0150"))
    func everyStateOfEveryMemberIsDelivered() throws {
        let world = try World()
        var message = Message(code: .get)
        message.options.uriPath = ["t"]
        message.options.observe = 0
        let id = try world.client.start(
            ClientRequest(
                message, to: SocketAddress(TestGroup.address, port: 5683), peer: TestGroup.everybody,
                group: ResponseCollection(deadline: .seconds(5))), on: world.floor)
        world.floor.run(for: .seconds(20))
        #expect(world.servers.map(\.observations) == [1, 1])
        let long = SecuredBlockTests.body
        world.change(0, long)
        world.change(1, [1])
        world.change(0, [2])
        #expect(world.payloads(id, of: 0) == [[0], long, [2]])
        #expect(world.payloads(id, of: 1) == [[0], [1]])
        // The rest of the long one: from that member alone, which alone can read it, and not as an observation.
        let further = world.floor.requests(of: world.client).filter { !$0.destination.address.isMulticast }
        #expect(further.count == 3)
        for request in further {
            #expect(request.destination == world.servers[0].address)
            let value = try #require(request.message.options.oscore)
            #expect(try OSCOREOption(value.span).isGroupMode == false)
            #expect(request.message.options.observe == nil)
        }
        world.client.cancel(id, on: world.floor)
        world.floor.run(for: .seconds(20))
        #expect(world.servers.map(\.observations) == [0, 0])
    }

    /// Nobody sends outer blocks to a group, and nobody fetches what somebody else begins in them.
    @Test(.requirement("OSC-0091"))
    func outerBlocksOfAResponseToAGroupAreNotFetched() throws {
        let world = try World()
        var message = Message(code: .get)
        message.options.uriPath = ["t"]
        let id = try world.client.start(
            ClientRequest(
                message, to: SocketAddress(TestGroup.address, port: 5683), peer: TestGroup.everybody,
                group: ResponseCollection(deadline: .seconds(5))), on: world.floor)
        world.floor.isDelivered = { sent in
            guard sent.source == world.servers[0].address else { return true }
            var cut = sent.message
            cut.payload = Array(cut.payload.prefix(16))
            cut.options.block2 = BlockOption(number: 0, isMore: true, size: .bytes16)
            var bytes: [UInt8] = []
            DatagramCodec.encode(sent.header, body: cut.body.span, into: &bytes)
            world.floor.inject(OutgoingDatagram(bytes: bytes, destination: sent.destination), from: sent.source)
            return false
        }
        world.floor.run(for: .seconds(20))
        #expect(world.payloads(id, of: 0).isEmpty)
        #expect(world.payloads(id, of: 1) == [[0]])
        #expect(world.client.endpoint.counters.responsesRefused == 1)
        #expect(world.floor.requests(of: world.client).count == 1)
    }
}
