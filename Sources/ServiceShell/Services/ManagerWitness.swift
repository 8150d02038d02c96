import GroupManager
import Persistence
import Synchronization

/// Sees to it that a database that was taken back is noticed: looks at the witness at the start, and keeps it afterwards.
final class ManagerWitness: Sendable {
    /// `nil` where there is no place for one.
    private let file: StoreWitness?
    private let notice: @Sendable (String) -> Void
    private let state = Mutex(State())

    private struct State {
        var kept: AuditPosition?
        var hasFailed = false
    }

    /// - Parameters:
    ///   - keyFile: The sealing key; `nil` if nothing can be kept beside it.
    ///   - identity: The manager whose store it is.
    ///   - notice: Receives one line for the operator.
    init(beside keyFile: String?, of identity: ManagerIdentityRecord, notice: @escaping @Sendable (String) -> Void) {
        file = keyFile.map { StoreWitness(beside: $0, managerCredential: identity.credential) }
        self.notice = notice
    }

    /// Refuses a store that is behind its witness, or has another past than that.
    ///
    /// - Parameters:
    ///   - directory: The state directory.
    ///   - audit: Where the audit record of the store ends.
    func check(_ directory: String, audit: AuditPosition) throws(ServiceError) {
        guard let file else { return }
        let witness: AuditPosition?
        do throws(StoreError) {
            witness = try file.read()
        } catch {
            throw ServiceError(
                .configuration, "the witness \(file.path) cannot be read",
                hint: "if the database was never taken back, remove it; else run 'gosc manager restore'")
        }
        guard let witness else {
            return notice(
                "there is no witness \(file.path) of earlier runs, so a database that was taken back would not be noticed now; "
                    + "one is made")
        }
        guard audit.sequence >= witness.sequence, try hash(of: witness.sequence, in: directory) == witness.hash else {
            throw ServiceError(
                .configuration,
                "the state in \(directory) is not the latest of this manager: it was taken back, and would give out again what was given "
                    + "out since",
                hint: "put the latest back, or run 'gosc manager restore'")
        }
        state.withLock { $0.kept = witness }
    }

    /// Writes down how far the store has come. What fails is said once, and tried again the next time.
    func keep(_ position: AuditPosition) {
        guard let file else { return }
        state.withLock { state in
            guard state.kept != position else { return }
            do throws(StoreError) {
                try file.write(position)
                state = State(kept: position)
            } catch {
                if !state.hasFailed {
                    notice(
                        "the witness \(file.path) cannot be written, so a database that is taken back may not be noticed"
                    )
                }
                state.hasFailed = true
            }
        }
    }

    private func hash(of sequence: UInt64, in directory: String) throws(ServiceError) -> [UInt8]? {
        do throws(StoreError) {
            return try StoredAudit(directory: directory).records(from: sequence, limit: 1).first
                .flatMap { $0.sequence == sequence ? $0.hash : nil }
        } catch {
            throw ServiceError(error)
        }
    }
}
