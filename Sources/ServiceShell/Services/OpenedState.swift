import Bytes
import CryptoPrimitives
import Glibc
import GroupManager
import MemberNode
public import Persistence

/// A state directory that is locked, unsealed and read.
enum OpenedState {
    /// The state of a node.
    struct Node: Sendable {
        let directory: StateDirectory
        let store: any NodeStore
        let state: NodeState
    }

    /// The state of a manager.
    struct Manager: Sendable {
        let directory: StateDirectory
        let store: any GroupStore
        let snapshot: ManagerSnapshot
        /// `nil` as long as there is no manager in the store.
        let witness: ManagerWitness?
    }

    /// Opens the state of a node.
    static func node(
        _ options: NodeOptions, mayCreate: Bool, environment: [String: String],
        notice: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) -> Node {
        let directory = try lock(options.stateDirectory, role: "node", mayCreate: mayCreate)
        let key = try sealingKey(
            role: "node", keyFile: options.keyFile, mayCreate: mayCreate, environment: environment, notice: notice)
        do throws(StoreError) {
            let store = try SQLiteNodeStore(directory: directory.path, key: key, mayCreate: mayCreate)
            return Node(directory: directory, store: store, state: try store.load())
        } catch {
            throw ServiceError(error)
        }
    }

    /// Opens the state of a manager.
    static func manager(
        _ options: ManagerOptions, mayCreate: Bool, environment: [String: String],
        notice: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) -> Manager {
        let directory = try lock(options.stateDirectory, role: "manager", mayCreate: mayCreate)
        let key = try sealingKey(
            role: "manager", keyFile: options.keyFile, mayCreate: mayCreate, environment: environment, notice: notice)
        let store: SQLiteGroupStore
        let snapshot: ManagerSnapshot
        do throws(StoreError) {
            store = try SQLiteGroupStore(directory: directory.path, key: key, mayCreate: mayCreate)
            snapshot = try store.load()
        } catch {
            throw ServiceError(error)
        }
        let witness = snapshot.identity.map {
            ManagerWitness(
                beside: SealingKeyFile.place(role: "manager", file: options.keyFile, environment: environment), of: $0,
                notice: notice)
        }
        try witness?.check(directory.path, audit: snapshot.audit.position)
        return Manager(directory: directory, store: store, snapshot: snapshot, witness: witness)
    }

    /// Comes first: only the holder of a directory may make a key for it.
    static func lock(
        _ path: String, role: String, mayCreate: Bool
    ) throws(ServiceError) -> StateDirectory {
        do throws(StateDirectoryError) {
            return try StateDirectory(path, mayCreate: mayCreate)
        } catch {
            throw ServiceError(error, role: role)
        }
    }

    static func sealingKey(
        role: String, keyFile: String?, mayCreate: Bool, environment: [String: String], notice: (String) -> Void
    ) throws(ServiceError) -> SealingKey {
        var random = SecureRandom()
        do {
            let key = try SealingKeyFile.load(
                role: role, file: keyFile, environment: environment, mayCreate: mayCreate, random: &random,
                notice: notice)
            return try SealingKey(key.bytes)
        } catch let error as SealingKeyFileError {
            throw ServiceError(error)
        } catch {
            throw ServiceError(.configuration, "the sealing key of the \(role) is not usable")
        }
    }
}

extension ServiceError {
    /// A database that cannot be used.
    public init(_ error: StoreError) {
        switch error {
        case .missing, .wrongSealingKey, .wrongRole, .newerVersion, .foreign, .damaged, .copied, .notDurable,
            .restorePending, .exposed:
            self.init(.configuration, error.description)
        case .exists:
            self.init(.refused, error.description)
        case .busy:
            self.init(.tryAgain, error.description)
        case .unusable(_, EACCES), .unusable(_, EPERM):
            self.init(.notAuthorised, error.description)
        case .unusable:
            self.init(.storage, error.description)
        }
    }
}
