import ACEGroupcomm
import CryptoPrimitives
public import GroupManager
import Persistence

/// What `gosc manager backup` and `gosc manager restore` do.
public enum ManagerRestore: Sendable {
    /// How a restore stands.
    public struct Outcome: Sendable {
        /// Everybody who was a member, by group and name.
        public let members: [RestoredMember]
        /// Whether the manager may run.
        public let isComplete: Bool
        /// Where the database is that was there before; `nil` if none was replaced.
        public let replaced: String?
    }

    /// Copies the database of a manager that may be running.
    public static func backUp(stateDirectory: String, to path: String) throws(ServiceError) {
        do throws(StoreError) {
            try ManagerBackup.write(from: stateDirectory, to: path)
        } catch {
            if case .exists = error {
                throw ServiceError(.refused, "there is a file \(path) already", hint: "name another one")
            }
            throw ServiceError(error)
        }
    }

    /// Makes a manager of a database that went back, as far as it is decided who stays.
    ///
    /// - Parameters:
    ///   - options: Where its state and its key are.
    ///   - backup: The file to put there; `nil` for the database that is there.
    ///   - replaces: Whether a database that is there may be set aside.
    ///   - isRolledBack: Whether the operator knows that the database that is there went back, though it does not look like it.
    ///   - decision: Who stays; `nil` if that is to be said later.
    ///   - evictionLog: A journal: who is out there does not stay either, and whom the decision names is written there first.
    ///     Without one nothing is decided that a log contradicts of which the state directory knows.
    ///   - time: Part of the name that a former database gets.
    ///   - environment: The variables of this process.
    public static func restore(
        _ options: ManagerOptions, backup: String?, replaces: Bool, isRolledBack: Bool, decision: RestoreDecision?,
        evictionLog: String? = nil, at time: String, environment: [String: String],
        notice: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) -> Outcome {
        let directory = try OpenedState.lock(options.stateDirectory, role: "manager", mayCreate: backup != nil)
        // Behind the lock: a manager that still runs might throw somebody out whom nobody would read of.
        let logs = try RestoreLogs(evictionLog, isDecided: decision != nil, in: directory, notice: notice)
        var decision = decision
        decision?.journal += logs.entries
        let key = try OpenedState.sealingKey(
            role: "manager", keyFile: options.keyFile, mayCreate: false, environment: environment, notice: notice)
        let restoration: ManagerRestoration
        do throws(StoreError) {
            restoration = try ManagerRestoration(
                directory: directory.path, backup: backup, replaces: replaces, key: key)
        } catch {
            throw ServiceError(error, backup: backup)
        }
        let keyFile = SealingKeyFile.place(role: "manager", file: options.keyFile, environment: environment)
        guard
            restoration.showsIt || isRolledBack
                || isBehindItsWitness(restoration.snapshot, in: directory.path, keyFile: keyFile)
        else {
            restoration.abandon()
            throw ServiceError(
                .usage,
                "nothing shows that the database in \(directory.path) went back; a restore would give all groups new keys and end all "
                    + "associations and invitations",
                hint: "if it did go back, with a snapshot of its disk, say so with --rolled-back; nothing was changed")
        }
        var procedure: RestoreProcedure
        let begun: RestoreProcedure
        do throws(RestoreFailure) {
            procedure = try RestoreProcedure(restoration.snapshot, at: UnixTime.now.seconds)
            var random = SecureRandom()
            if !restoration.isBegun { try procedure.begin(random: &random) }
            begun = procedure
            if let decision { try procedure.complete(decision, random: &random) }
        } catch {
            restoration.abandon()
            throw ServiceError(error, directory: directory.path)
        }
        do throws(ServiceError) {
            if let decision { try logs.check(procedure, decidedBy: decision, from: begun) }
        } catch {
            restoration.abandon()
            throw error
        }
        do throws(StoreError) {
            if let evictionLog, !procedure.departures.isEmpty {
                try DepartureJournal(path: evictionLog).append(procedure.departures)
            }
            let replaced = try restoration.finish(procedure.writes, at: time)
            // Behind it: whoever is interrupted in between is told to restore once more.
            if let identity = procedure.state.identity {
                ManagerWitness(beside: keyFile, of: identity, notice: notice).keep(procedure.state.audit.position)
            }
            return Outcome(members: procedure.members, isComplete: decision != nil, replaced: replaced)
        } catch {
            restoration.abandon()
            throw ServiceError(error)
        }
    }

    private static func isBehindItsWitness(_ snapshot: ManagerSnapshot, in directory: String, keyFile: String?) -> Bool
    {
        guard let identity = snapshot.identity else { return false }
        let witness = ManagerWitness(beside: keyFile, of: identity, notice: { _ in })
        return (try? witness.check(directory, audit: snapshot.audit.position)) == nil
    }
}

extension ServiceError {
    /// A database that cannot be restored.
    fileprivate init(_ error: StoreError, backup: String?) {
        switch error {
        case .missing(backup):
            self.init(.badInput, "there is no backup \(backup ?? "")", hint: "check its name")
        case .foreign(backup), .damaged(backup, _):
            self.init(
                .badInput, "\(backup ?? "") is no backup of a manager, or not the whole of one; nothing was changed",
                hint: "take another one")
        case .wrongRole(backup, let found, _):
            self.init(
                .badInput, "\(backup ?? "") is no backup of a manager: its role is \(found)", hint: "take another one")
        default:
            self.init(error)
        }
    }

    /// A restore that did not take place.
    fileprivate init(_ failure: RestoreFailure, directory: String) {
        switch failure {
        case .unknownMember(let name):
            self.init(
                .badInput, "no group has a member named \(name); nothing was changed",
                hint: "see 'gosc manager restore' for the list")
        case .ambiguousMember(let name, let groups):
            self.init(
                .badInput, "\(name) is a member of \(groups.joined(separator: " and ")); nothing was changed",
                hint: "write GROUP/\(name)")
        case .exhausted(let group):
            self.init(.refused, "there are no further keys for group \(group); nothing was changed")
        case .damaged(let error):
            self.init(.configuration, "the state in \(directory) does not fit together (\(error)); nothing was changed")
        }
    }
}
