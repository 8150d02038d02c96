import ACEGroupcomm
import Bytes
import CoAPEngine
import CryptoPrimitives
import MemberNode

/// A member node in the loop: gives the engine time and randomness.
struct NodeLoopEngine: LoopEngine {
    /// What a node takes.
    enum Input: Sendable {
        /// One batch from one socket.
        case datagrams([(bytes: [UInt8], path: DatagramPath)])
        case start
        case join(Invitation, UnixTime)
        case leave
        case send(GroupCommand)
        case cancel(GroupCommand.ID)
        /// Looks at the node.
        case inspect(@Sendable (NodeSnapshot) -> Void)
    }

    let engine: NodeEngine
    private var random = SecureRandom()

    init(engine: NodeEngine) {
        self.engine = engine
    }

    mutating func handle(_ input: Input, at now: Int64, effects: inout [NodeEffect]) {
        let now = MonotonicInstant(nanoseconds: now)
        switch input {
        case .datagrams(let batch):
            for datagram in batch {
                engine.receive(datagram.bytes.span, from: datagram.path, at: now, random: &random, effects: &effects)
            }
            engine.endBatch(effects: &effects)
        case .start:
            engine.start(wallClock: .now, at: now, random: &random, effects: &effects)
        case .leave:
            engine.leave(at: now, random: &random, effects: &effects)
        case .join(let invitation, let wallClock):
            engine.join(invitation, wallClock: wallClock, at: now, random: &random, effects: &effects)
        case .send(let command):
            engine.send(command, at: now, random: &random, effects: &effects)
        case .cancel(let id):
            engine.cancel(id, at: now, effects: &effects)
        case .inspect(let look):
            look(engine.snapshot)
        }
    }

    mutating func handleTimers(at now: Int64, effects: inout [NodeEffect]) {
        engine.handleTimers(at: MonotonicInstant(nanoseconds: now), random: &random, effects: &effects)
    }

    var nextDeadline: Int64? { engine.nextDeadline?.nanoseconds }

    func commit(in effect: NodeEffect) -> NodeChangeSet? {
        if case .commit(let changes) = effect { changes } else { nil }
    }

    mutating func committed(_ commit: NodeChangeSet, at now: Int64, effects: inout [NodeEffect]) {
        engine.committed(
            commit.id, at: MonotonicInstant(nanoseconds: now), random: &random, effects: &effects)
    }

    mutating func commitFailed(
        _ commit: NodeChangeSet, because error: any Error, at now: Int64, effects: inout [NodeEffect]
    ) {
        engine.commitFailed(
            commit.id, because: error as? NodeCommitFailure ?? .storage, at: MonotonicInstant(nanoseconds: now),
            random: &random, effects: &effects)
    }
}
