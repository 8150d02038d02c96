import ACEGroupcomm
import Bytes
import CAllocationCounter
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import MemberNode
import Testing

/// What a manager keeps for each member: records and what finds them, in bytes of the heap.
struct MemberMemoryTests {
    /// Real joins, one after the other. The tables behind grow by doubling, and with so many members they have just done so: it
    /// is as much as it ever is. Everything else that a manager has is bounded, whatever the number of members.
    @Test func aMemberTakesTwoKibibytesAtMost() throws {
        // What a program sets up once is there, whichever test runs first.
        _ = try Self.stateOfManager(members: 1)
        let before = gosc_held_bytes()
        let state = try Self.stateOfManager(members: 3_200)
        let bytes = Double(gosc_held_bytes() - before) / 3_200
        #expect(state.clients.count == 3_200)
        #expect(bytes + Self.remains <= 2_048, "bytes a member")
        print("a member of a group takes \(Int(bytes)) bytes of its manager")
    }

    /// The manager is gone when that is measured, and with it what it has of its own for each client whose context it has put
    /// aside: 24 bytes in a table that has 8,192 places for these 3,200.
    private static let remains = 24.0 * 8_192 / 3_200

    /// The manager itself is gone when this returns.
    private static func stateOfManager(members: Int) throws -> ManagerState {
        let house = try House()
        for number in 0..<members { try house.join(number) }
        return house.manager.state
    }
}

/// A manager without a store, and nodes that come, join and are gone.
private final class House {
    let manager: ManagerEngine
    private var random = SecureRandom()
    private var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    private var wallClock = UnixTime(seconds: 1_800_000_000)
    private var answer: [UInt8] = []
    private static let address = SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 1), port: 5683)

    private struct NotJoined: Error {}

    init() throws {
        var snapshot = ManagerSnapshot(identity: try .generate(name: "manager", random: &random))
        snapshot.tokenKeys = .generate(random: &random)
        var settings = ManagerSettings()
        // Live contexts are bounded, and not what is measured.
        settings.liveAssociations = 16
        manager = try ManagerEngine(loading: snapshot, settings: settings, layer: MessageLayer())
        let configuration = GroupConfiguration(groupName: "lights", active: true)
        ask("gosc/groups", CreateGroupRequest(configuration: configuration).encoded())
    }

    /// A lamp joins. What is kept for minutes only is gone when the next one comes.
    func join(_ number: Int) throws {
        now = now.advanced(by: .seconds(100))
        var effects: [ManagerEffect] = []
        manager.handleTimers(at: now, wallClock: wallClock, random: &random, effects: &effects)
        ask(
            "gosc/groups/lights/invitations",
            CreateInvitationRequest(
                nodeName: "lamp-\(number)", roles: .responder, lifetime: 86_400,
                managerAddress: Self.address.description
            ).encoded())
        let invitation = try Invitation(parsing: CreateInvitationAnswer(decoding: answer.span).invitation)
        let node = try NodeEngine(state: NodeState())
        let address = SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: UInt64(number) + 2), port: 5683)
        var wanted: [NodeEffect] = []
        node.join(invitation, wallClock: wallClock, at: now, random: &random, effects: &wanted)
        var isMember = false
        while !wanted.isEmpty {
            switch wanted.removeFirst() {
            case .commit(let changes): node.committed(changes.id, at: now, random: &random, effects: &wanted)
            case .joined: isMember = true
            case .send(let datagram):
                for sent in receive(datagram.bytes, from: address) {
                    let path = DatagramPath(source: Self.address, destination: address.address)
                    node.receive(sent.bytes.span, from: path, at: now, random: &random, effects: &wanted)
                    node.endBatch(effects: &wanted)
                }
            default: break
            }
        }
        guard isMember else { throw NotJoined() }
    }

    private func ask(_ path: String, _ payload: [UInt8]) {
        var effects: [ManagerEffect] = []
        let request = AdminRequest(code: .post, path: path.split(separator: "/").map(String.init), payload: payload)
        manager.administer(
            request, id: AdminRequestID(1), at: now, wallClock: wallClock, random: &random, effects: &effects)
        _ = perform(effects)
    }

    private func receive(_ datagram: [UInt8], from source: SocketAddress) -> [OutgoingDatagram] {
        var effects: [ManagerEffect] = []
        manager.receive(
            datagram.span, from: DatagramPath(source: source, destination: Self.address.address), at: now,
            wallClock: wallClock, random: &random, effects: &effects)
        manager.endBatch(at: now, wallClock: wallClock, random: &random, effects: &effects)
        return perform(effects)
    }

    private func perform(_ wanted: [ManagerEffect]) -> [OutgoingDatagram] {
        var effects = wanted
        var datagrams: [OutgoingDatagram] = []
        while !effects.isEmpty {
            switch effects.removeFirst() {
            case .commit(let changes):
                manager.committed(changes.id, at: now, wallClock: wallClock, random: &random, effects: &effects)
            case .send(let datagram): datagrams.append(datagram)
            case .answer(_, let response): answer = response.payload
            case .event: break
            }
        }
        return datagrams
    }
}
