import Bytes
import CoAP
import GroupOSCORE
import OSCORE
import Synchronization
import TestSupport
import Testing

@testable import CoAPEngine
@testable import CoAPSecurity

/// Observations under protection, from registration to cancellation.
struct SecuredObserveTests {
    private final class State: Sendable {
        private let value = Mutex<[UInt8]>([0])
        var bytes: [UInt8] { value.withLock { $0 } }
        func set(_ bytes: [UInt8]) { value.withLock { $0 = bytes } }
    }

    private final class World {
        let floor = Floor()
        let state = State()
        let client: FloorEndpoint
        let server: FloorEndpoint
        let kind: ProtectionKind

        init(_ kind: ProtectionKind, maxAge: UInt32? = 3_600) throws {
            self.kind = kind
            let (ours, theirs) = try kind.securities()
            client = FloorEndpoint(1, ours)
            var settings = RequestServerSettings()
            settings.observing.pace = .zero
            settings.verifiedAddresses = .trust
            let state = state
            server = FloorEndpoint(2, theirs, settings: settings) { tree in
                var properties = ResourceProperties()
                properties.isObservable = true
                for path in [["t"], ["u"]] {
                    tree.register(
                        path: path,
                        Resource(
                            methods: [
                                .get: .immediate { _ in
                                    var answer = ResourceResponse(.content, .octetStream, state.bytes)
                                    answer.options.maxAge = maxAge
                                    return answer
                                },
                                .put: .immediate { request in
                                    state.set(request.payload)
                                    return ResourceResponse(.changed)
                                },
                            ], properties: properties))
                }
            }
            floor.add(client)
            floor.add(server)
        }

        func message(_ code: Code, _ path: String = "t", observe: UInt32? = nil) -> Message {
            var message = Message(code: code)
            message.options.uriPath = [path]
            message.options.observe = observe
            return message
        }

        func start(_ message: Message) throws -> OperationID {
            let id = try client.start(
                ClientRequest(message, to: server.address, peer: try kind.peer()), on: floor)
            floor.run(for: .seconds(5))
            return id
        }

        func change(_ bytes: [UInt8]) {
            state.set(bytes)
            server.changed(["t"], on: floor)
            floor.run(for: .seconds(5))
        }

        func payloads(_ id: OperationID) -> [[UInt8]] { client.responses[id]?.map(\.message.payload) ?? [] }

        /// Has the server forget what it has accepted, as after a restart.
        func loseWindows() throws {
            for pair in server.endpoint.protection.pairs.values { pair.context.loseReplayWindow() }
            for group in server.endpoint.protection.groups.values {
                var lost = try ReplayWindow(size: ReplayWindow.defaultSize)
                lost.invalidate()
                try group.context?.addRecipient(
                    TestGroup.senderID(1), credential: TestGroup.credential(1), replayWindow: lost)
            }
        }

        var datagrams: [OutgoingDatagram] { requests.map { Self.datagram($0) } }
        var requests: [Floor.Sent] { floor.requests(of: client) }

        static func datagram(
            _ sent: Floor.Sent, id: UInt16? = nil, token: Token? = nil
        ) -> OutgoingDatagram {
            var bytes: [UInt8] = []
            DatagramCodec.encode(
                DatagramHeader(
                    type: sent.header.type, code: sent.header.code,
                    messageID: id.map { MessageID(rawValue: $0) } ?? sent.header.messageID,
                    token: token ?? sent.header.token), body: sent.message.body.span, into: &bytes)
            return OutgoingDatagram(bytes: bytes, destination: sent.destination)
        }
    }

    @Test(.requirement("OSC-0033", "OSC-0034", "OSC-0037"), arguments: ProtectionKind.allCases)
    func everyStateIsDelivered(kind: ProtectionKind) throws {
        let world = try World(kind)
        let id = try world.start(world.message(.get, observe: 0))
        for number in UInt8(1)...3 { world.change([number]) }
        #expect(world.payloads(id) == [[0], [1], [2], [3]])
        let answers = world.floor.sent.filter { $0.source == world.server.address && $0.header.code.isResponse }
        #expect(answers.allSatisfy { $0.message.code == .content && $0.message.options.observe != nil })
        // The Partial IV is what orders them, and each has its own but perhaps the first.
        let numbers = try answers.dropFirst().map(SecuredBlockTests.partialIV)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(world.requests.map(\.header.code) == [.fetch])
    }

    @Test(.requirement("OSC-0044", "GOSC-0176"), arguments: ProtectionKind.allCases)
    func anOlderStateIsNotDeliveredAfterANewerOne(kind: ProtectionKind) throws {
        let world = try World(kind)
        let id = try world.start(world.message(.get, observe: 0))
        var held: Floor.Sent?
        world.floor.isDelivered = { sent in
            guard sent.source == world.server.address, held == nil else { return true }
            held = sent
            return false
        }
        world.change([1])
        world.change([2])
        // The outer Observe says that it is newer; nobody listens to that.
        var late = try #require(held)
        var message = late.message
        message.options.observe = 0x7f_ffff
        late = Floor.Sent(
            source: late.source, destination: late.destination, header: late.header, message: message)
        world.floor.inject(World.datagram(late), from: world.server.address)
        #expect(world.payloads(id) == [[0], [2]])
        #expect(world.client.ends[id] == nil)
        world.change([3])
        #expect(world.payloads(id).last == [3])
    }

    @Test(.requirement("COAP-0150", "OSC-0026"), arguments: ProtectionKind.allCases)
    func aLongStateComesInInnerBlocks(kind: ProtectionKind) throws {
        let world = try World(kind)
        let id = try world.start(world.message(.get, observe: 0))
        world.change(SecuredBlockTests.body)
        #expect(world.payloads(id) == [[0], SecuredBlockTests.body])
        // The first block with the notification, three more by requests that do not observe.
        #expect(world.requests.count == 4)
        #expect(world.requests.dropFirst().allSatisfy { $0.message.options.observe == nil })
        #expect(world.server.observations == 1)
        world.change([4])
        #expect(world.payloads(id).last == [4])
    }

    @Test(.requirement("OSC-0039", "OSC-0038"), arguments: ProtectionKind.allCases)
    func isRegisteredAgainWhenItGoesStale(kind: ProtectionKind) throws {
        let world = try World(kind, maxAge: 20)
        let id = try world.start(world.message(.get, observe: 0))
        world.floor.run(for: .seconds(60))
        let registrations = world.requests
        #expect(registrations.count >= 2)
        #expect(Set(registrations.map(\.header.token)).count == 1)
        #expect(registrations.allSatisfy { $0.message.options.observe == 0 })
        let numbers = try registrations.map(SecuredBlockTests.partialIV)
        #expect(Set(numbers).count == numbers.count)
        #expect(world.server.observations == 1)
        world.change([9])
        #expect(world.payloads(id).last == [9])
    }

    @Test(.requirement("OSC-0038", "OSC-0035"), arguments: ProtectionKind.allCases)
    func isCancelledUnderProtection(kind: ProtectionKind) throws {
        let world = try World(kind)
        let id = try world.start(world.message(.get, observe: 0))
        #expect(world.server.observations == 1)
        world.client.cancel(id, on: world.floor)
        world.floor.run(for: .seconds(5))
        #expect(world.server.observations == 0)
        let last = try #require(world.requests.last)
        #expect(last.message.options.observe == 1)
        #expect(last.message.options.contains(.oscore))
        #expect(world.client.endpoint.layer.load.exchanges == 0)
    }

    /// The server is not certain what it has accepted: whoever comes next has to show that it is there. Who observes loses
    /// nothing by that.
    @Test(.requirement("OSC-0034"), arguments: ProtectionKind.allCases)
    func outlivesALostReplayWindow(kind: ProtectionKind) throws {
        let world = try World(kind)
        let id = try world.start(world.message(.get, observe: 0))
        try world.loseWindows()
        world.change([1])
        #expect(world.payloads(id).last == [1])
        let other = try world.start(world.message(.get, "u"))
        #expect(world.payloads(other) == [[1]])
        #expect(world.client.endpoint.client.counters.challengesAnswered == 1)
        #expect(world.server.endpoint.protection.counters.challenges == 1)
        world.change([2])
        #expect(world.payloads(id).last == [2])
        // A registration can be the first to be challenged, too.
        try world.loseWindows()
        let second = try world.start(world.message(.get, "u", observe: 0))
        #expect(world.client.endpoint.client.counters.challengesAnswered == 2)
        #expect(world.server.observations == 2)
        #expect(world.payloads(second) == [[2]])
    }

    @Test(.requirement("OSC-0036"), arguments: ProtectionKind.allCases)
    func aRequestWithTheSameTokenDoesNotEndIt(kind: ProtectionKind) throws {
        let world = try World(kind)
        let id = try world.start(world.message(.get, observe: 0))
        let token = try #require(world.requests.first).header.token
        // Tokens are not protected: somebody on the way gives other requests the one of the observation.
        for (index, message) in [
            world.message(.get), world.message(.get, "u"), world.message(.get, "u", observe: 0),
            world.message(.get, "u", observe: 1), world.message(.put, "u"),
        ].enumerated() {
            let peer = try kind.peer()
            let outer = try world.client.endpoint.protection.protectRequest(
                message, for: peer, continuing: nil, at: world.floor.now
            ).0
            var bytes: [UInt8] = []
            let header = DatagramHeader(
                type: .confirmable, code: outer.code, messageID: MessageID(rawValue: UInt16(500 + index)), token: token)
            DatagramCodec.encode(header, body: outer.body.span, into: &bytes)
            world.floor.inject(
                OutgoingDatagram(bytes: bytes, destination: world.server.address), from: world.client.address)
            #expect(world.server.observations >= 1, "\(index)")
            world.change([UInt8(10 + index)])
            #expect(world.payloads(id).last == [UInt8(10 + index)], "\(index)")
        }
    }

    @Test(.requirement("OSC-0041"), arguments: ProtectionKind.allCases)
    func aReplayedRegistrationDoesNotEndIt(kind: ProtectionKind) throws {
        let world = try World(kind)
        let id = try world.start(world.message(.get, observe: 0))
        let registration = try #require(world.requests.first)
        world.floor.inject(World.datagram(registration, id: 600), from: world.client.address)
        // As a proxy does that keeps the registration up, with a token of its own.
        let proxy = Floor.address(66)
        world.floor.inject(World.datagram(registration, id: 601, token: Token(7)), from: proxy)
        world.floor.run(for: .seconds(5))
        #expect(world.server.observations == 1)
        #expect(world.server.endpoint.protection.counters.replays == 2)
        world.change([5])
        #expect(world.payloads(id) == [[0], [5]])
        #expect(!world.floor.sent.contains { $0.destination == proxy && $0.message.options.contains(.oscore) })
    }
}
