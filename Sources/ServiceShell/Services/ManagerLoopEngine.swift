public import ACEGroupcomm
import Bytes
import CoAPEngine
import CryptoPrimitives
import Glibc
import GroupManager
import Persistence

/// A manager in the loop: gives the engine time and randomness.
struct ManagerLoopEngine: LoopEngine {
    /// What a manager takes.
    enum Input: Sendable {
        /// One batch from one socket.
        case datagrams([(bytes: [UInt8], path: DatagramPath)])
        case administer(AdminRequest, AdminRequestID)
    }

    let engine: ManagerEngine
    private var random = SecureRandom()

    init(engine: ManagerEngine) {
        self.engine = engine
    }

    mutating func handle(_ input: Input, at now: Int64, effects: inout [ManagerEffect]) {
        let now = MonotonicInstant(nanoseconds: now)
        switch input {
        case .datagrams(let batch):
            for datagram in batch {
                engine.receive(
                    datagram.bytes.span, from: datagram.path, at: now, wallClock: .now, random: &random,
                    effects: &effects)
            }
            engine.endBatch(at: now, wallClock: .now, random: &random, effects: &effects)
        case .administer(let request, let id):
            engine.administer(request, id: id, at: now, wallClock: .now, random: &random, effects: &effects)
        }
    }

    mutating func handleTimers(at now: Int64, effects: inout [ManagerEffect]) {
        engine.handleTimers(
            at: MonotonicInstant(nanoseconds: now), wallClock: .now, random: &random, effects: &effects)
    }

    var nextDeadline: Int64? { engine.nextDeadline?.nanoseconds }

    func commit(in effect: ManagerEffect) -> ManagerChangeSet? {
        if case .commit(let changes) = effect { changes } else { nil }
    }

    mutating func committed(_ commit: ManagerChangeSet, at now: Int64, effects: inout [ManagerEffect]) {
        engine.committed(
            commit.id, at: MonotonicInstant(nanoseconds: now), wallClock: .now, random: &random, effects: &effects)
    }

    mutating func commitFailed(
        _ commit: ManagerChangeSet, because error: any Error, at now: Int64, effects: inout [ManagerEffect]
    ) {
        engine.commitFailed(
            commit.id, because: (error as? GroupStoreFailure)?.cause, at: MonotonicInstant(nanoseconds: now),
            wallClock: .now, random: &random, effects: &effects)
    }
}

extension UnixTime {
    /// This moment by the host's clock.
    public static var now: UnixTime {
        UnixTime(seconds: UInt64(clamping: time(nil)))
    }
}
