import CryptoPrimitives
import GroupManager
import Persistence

/// The eviction log that a restore goes by, and the one that it must not pass over.
struct RestoreLogs {
    /// What the log says that the operator has named; empty without one.
    let entries: [DepartureEntry]
    /// A log that earlier runs have kept and the operator has not named.
    private let unnamed: (path: String, entries: [DepartureEntry])?

    /// Reads them.
    ///
    /// - Parameters:
    ///   - path: What the operator has named.
    ///   - isDecided: Whether it is said who stays.
    ///   - notice: Receives lines for the operator.
    /// - Throws: ``ServiceError`` for a log that cannot be read, or that has lost lines since a manager ran.
    init(
        _ path: String?, isDecided: Bool, in directory: StateDirectory, notice: (String) -> Void
    ) throws(ServiceError) {
        let former = EvictionLogNote(in: directory)
        if let path {
            entries = try Self.entries(in: path)
            unnamed = nil
            try former?.check(path, in: directory)
            if let former, former.path != EvictionLogNote.place(of: path) {
                notice("earlier runs have kept another eviction log, \(former.path), which is not read")
            }
            return
        }
        entries = []
        guard let former, EvictionLogNote.resolved(former.path) != nil else {
            if let former {
                notice(
                    "earlier runs have kept an eviction log, \(former.path), which is not there: whoever it names stays"
                )
            }
            unnamed = nil
            return
        }
        guard isDecided else {
            notice("earlier runs have kept an eviction log: \(former.path)")
            unnamed = nil
            return
        }
        unnamed = (former.path, try Self.entries(in: former.path))
    }

    /// Refuses a decision that the log contradicts which nobody has named.
    ///
    /// - Parameters:
    ///   - outcome: What the decision has led to.
    ///   - begun: The restore before anything was decided.
    func check(
        _ outcome: RestoreProcedure, decidedBy decision: RestoreDecision, from begun: RestoreProcedure
    ) throws(ServiceError) {
        guard let unnamed else { return }
        var informed = begun
        var random = SecureRandom()
        do throws(RestoreFailure) {
            try informed.complete(
                RestoreDecision(evicted: decision.evicted, journal: unnamed.entries), random: &random)
        } catch {
            throw ServiceError(
                .internalFault, "the eviction log \(unnamed.path) cannot be taken into account: \(error)")
        }
        // It has nothing to add where all of it happened before the backup.
        guard informed.writes.count > outcome.writes.count else { return }
        let others = zip(outcome.members, informed.members).filter { $0.standing != $1.standing }.count
        throw ServiceError(
            .usage,
            "the eviction log \(unnamed.path) has what this database does not know (members that are out by it: \(others)); nothing was changed",
            hint: "give it with --eviction-log; to decide without it, move it away first")
    }

    /// The departures in an eviction log that `gosc manager run --eviction-log` has written.
    private static func entries(in path: String) throws(ServiceError) -> [DepartureEntry] {
        do throws(StoreError) {
            return try DepartureJournal.entries(in: path)
        } catch {
            switch error {
            case .missing: throw ServiceError(.badInput, "there is no eviction log \(path)", hint: "check its name")
            case .damaged(_, let part):
                throw ServiceError(
                    .badInput, "\(part) of the eviction log \(path) cannot be read", hint: "restore it from a copy")
            case .busy: throw ServiceError(error)
            default: throw ServiceError(.badInput, error.description)
            }
        }
    }
}
