import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import GroupOSCORE
import OSCORE
import Synchronization
import TestSupport
import Testing

/// An observation that is registered again while notifications are under way: nothing is lost, and nothing old comes after
/// something new.
struct RenewedRegistrationTests {
    enum Way: CaseIterable { case oscore, pairwise, groupModeToOne, multicast }

    /// A resource whose text is what it was set to last.
    private final class State: Sendable {
        private let text = Mutex("first")
        func set(_ new: String) { text.withLock { $0 = new } }

        var resource: Resource<SecuredRequest> {
            var properties = ResourceProperties()
            properties.groupAccess = .all
            properties.isObservable = true
            return Resource(
                methods: [
                    .get: .immediate { [self] _ in
                        ResourceResponse(.content, .textPlain, Array(text.withLock { $0 }.utf8))
                    }
                ], properties: properties)
        }
    }

    private final class Bench {
        let network = SecuredNetwork()
        let client: SecuredNode
        let server: SecuredNode
        let state = State()
        let observation: OperationID
        /// Whether the client's requests get lost, and its server's answers are held back.
        var losesRequests = false
        var holdsAnswers = false
        var held: [SecuredNetwork.Passing] = []

        init(_ way: Way) throws {
            var message = Message(code: .get)
            message.options.observe = 0
            let request: ClientRequest
            if way == .oscore {
                let associations = try [(1, 2), (2, 1)].map { (own: UInt8, other: UInt8) in
                    OSCOREAssociation(
                        masterSecret: Array(50...65), senderID: try TestGroup.senderID(own),
                        recipientID: try TestGroup.senderID(other), reservedEnd: 0, store: TestDisk())
                }
                client = SecuredNode(1, try EndpointSecurity(associations: [associations[0]]))
                server = SecuredNode(2, try EndpointSecurity(associations: [associations[1]]))
                request = TestGroup.toOne(message, "state", server, associations[0].peer)
            } else {
                client = try TestGroup().node(1)
                server = try TestGroup().node(2)
                request =
                    way == .multicast
                    ? TestGroup.toAll(message, "state")
                    : TestGroup.toOne(message, "state", server, try TestGroup.only(2, inGroupMode: way != .pairwise))
            }
            server.serve("state", state.resource)
            network.add(client)
            network.add(server, joining: TestGroup.address)
            observation = try client.start(request, at: network.now)
            network.run(for: .seconds(1))
            network.onTheWay = { [unowned self] passing in
                if passing.source == client.address, losesRequests { return [] }
                if passing.source == server.address, holdsAnswers {
                    held.append(passing)
                    return []
                }
                return [passing]
            }
        }

        var texts: [String] {
            (client.responses[observation] ?? []).map { String(decoding: $0.message.payload, as: UTF8.self) }
        }

        func change(_ text: String) {
            state.set(text)
            server.changed("state", at: network.now)
            // Clients are not told too often.
            network.run(for: .seconds(6))
        }
    }

    /// The registration is renewed after Max-Age and up to 15 s more.
    private static let untilRenewal = Duration.seconds(76)

    @Test(.requirement("OSC-0034", "GOSC-0160"), arguments: Way.allCases)
    func notificationsUnderTheFormerRegistrationAreStillTaken(way: Way) throws {
        let bench = try Bench(way)
        bench.change("second")
        #expect(bench.texts == ["first", "second"])
        bench.losesRequests = true
        let before = bench.network.record.count
        bench.network.run(for: Self.untilRenewal)
        #expect(bench.network.record.dropFirst(before).contains { $0.source == bench.client.address })
        bench.change("third")
        #expect(bench.texts == ["first", "second", "third"])
    }

    @Test(.requirement("OSC-0034", "GOSC-0176"), arguments: Way.allCases)
    func nothingOldComesAfterTheAnswerToTheNewRegistration(way: Way) throws {
        let bench = try Bench(way)
        // The first notification is confirmable; the others come once.
        bench.change("second")
        bench.holdsAnswers = true
        bench.change("third")
        let late = try #require(bench.held.last)
        bench.holdsAnswers = false
        bench.change("third and a half")
        let before = bench.texts
        #expect(before == ["first", "second", "third and a half"])
        // Under the registration that it belongs to it is old.
        bench.network.inject(late)
        #expect(bench.texts == before)
        bench.holdsAnswers = true
        bench.change("fourth")
        let laterStill = try #require(bench.held.last)
        bench.holdsAnswers = false
        bench.network.run(for: Self.untilRenewal)
        #expect(bench.texts.last == "fourth")
        let renewed = bench.texts
        bench.network.inject(laterStill)
        bench.network.run(for: .seconds(1))
        #expect(bench.texts == renewed)
        bench.change("fifth")
        #expect(bench.texts == renewed + ["fifth"])
    }
}
