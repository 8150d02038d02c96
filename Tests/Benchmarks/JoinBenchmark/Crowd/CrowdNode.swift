import ACEGroupcomm
import Bytes
import CoAPEngine
import CryptoPrimitives
import MemberNode

/// One node of the crowd: the engine that `gosc node` runs, with its state in memory. A node's disk is its own affair, and a
/// thousand of them do not share the manager's.
final class CrowdNode {
    let address: SocketAddress
    let invitation: Invitation
    private(set) var engine: NodeEngine
    /// Times that it became a member, and with which Sender ID.
    private(set) var joined: [String] = []
    /// Times that it gave up.
    private(set) var failures: [JoinFailure] = []
    /// Times that it has read the roster, and that it could not.
    private(set) var rostersRead = 0
    private(set) var rostersMissed = 0
    /// The Codes of what has come, for whoever wonders why it has not joined.
    private(set) var codes: [String] = []
    private var state = NodeState()
    private var random = SecureRandom()
    private var outgoing: [OutgoingDatagram] = []

    init(_ invitation: Invitation, at address: SocketAddress) throws {
        self.invitation = invitation
        self.address = address
        engine = try NodeEngine(state: state)
    }

    /// Begins to join; answers what to send.
    func join(at now: MonotonicInstant, wallClock: UnixTime) -> [OutgoingDatagram] {
        act(at: now) { engine, random, effects in
            engine.join(invitation, wallClock: wallClock, at: now, random: &random, effects: &effects)
        }
    }

    /// The power goes and comes back: starts anew with what the state holds, as `gosc node run` does.
    func restart(at now: MonotonicInstant, wallClock: UnixTime) throws -> [OutgoingDatagram] {
        engine = try NodeEngine(state: state)
        return act(at: now) { engine, random, effects in
            engine.start(wallClock: wallClock, at: now, random: &random, effects: &effects)
        }
    }

    /// Takes a datagram of the manager; answers what to send.
    func receive(
        _ datagram: Span<UInt8>, from manager: SocketAddress, at now: MonotonicInstant
    ) -> [OutgoingDatagram] {
        if datagram.count > 1 { codes.append("\(datagram[1] >> 5).\(datagram[1] & 0x1f)") }
        var effects: [NodeEffect] = []
        engine.receive(
            datagram, from: DatagramPath(source: manager, destination: address.address), at: now, random: &random,
            effects: &effects)
        engine.endBatch(effects: &effects)
        return perform(effects, at: now)
    }

    /// Does what is due; answers what to send.
    func handleTimers(at now: MonotonicInstant) -> [OutgoingDatagram] {
        guard let deadline = engine.nextDeadline, deadline <= now else { return [] }
        var effects: [NodeEffect] = []
        engine.handleTimers(at: now, random: &random, effects: &effects)
        return perform(effects, at: now)
    }

    private func act(
        at now: MonotonicInstant, _ input: (NodeEngine, inout SecureRandom, inout [NodeEffect]) -> Void
    ) -> [OutgoingDatagram] {
        var effects: [NodeEffect] = []
        input(engine, &random, &effects)
        return perform(effects, at: now)
    }

    private func perform(_ wanted: [NodeEffect], at now: MonotonicInstant) -> [OutgoingDatagram] {
        var datagrams: [OutgoingDatagram] = []
        var effects = wanted
        while !effects.isEmpty {
            switch effects.removeFirst() {
            case .commit(let changes):
                for write in changes.writes { state.apply(write) }
                var further: [NodeEffect] = []
                engine.committed(changes.id, at: now, random: &random, effects: &further)
                effects = further + effects
            case .send(let datagram): datagrams.append(datagram)
            case .joined(let summary): joined.append(summary.senderID)
            case .joinFailed(let failure): failures.append(failure)
            case .event(.rosterRead): rostersRead += 1
            case .event(.rosterUnavailable): rostersMissed += 1
            case .response, .completed, .failed, .left, .leaveFailed, .event: break
            }
        }
        return datagrams
    }
}

extension NodeState {
    /// Keeps what a join and a start write; their guards are tested elsewhere.
    fileprivate mutating func apply(_ write: NodeWrite) {
        switch write {
        case .saveIdentity(let record): identity = record
        case .saveAssociation(let record): association = record
        case .reserveAssociation(let end): association?.reservedEnd = end
        case .saveToken(let record): token = record
        case .dropToken: token = nil
        case .saveMembership(let record, let others):
            membership = record
            peers = others
        case .savePeers(let others): peers += others
        case .reserveGroup(_, let end): membership?.reservedEnd = end
        case .renewKeys, .saveWindow, .saveSenderID, .saveManagerCredential, .saveLeaving, .forgetMembership: break
        }
    }
}
