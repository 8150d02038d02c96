public import Bytes
import CryptoPrimitives
import Persistence

/// The state of a node without a manager, locked and unsealed: its fixed context, and which numbers were used.
public final class UnmanagedState: Sendable {
    let directory: StateDirectory
    private let store: SQLiteUnmanagedStore
    /// Its identifier in the context.
    public let senderID: [UInt8]
    /// The context as ``create(_:senderID:context:firstNumber:environment:notice:)`` was given it; it holds keys.
    public let context: SecretField
    /// Every number below it may have been used when the state was opened; 0 for keys that were never used.
    public let reservedEnd: UInt64

    /// The path of the state directory.
    public var path: String { directory.path }

    private init(_ directory: StateDirectory, _ store: SQLiteUnmanagedStore, _ record: UnmanagedRecord) {
        self.directory = directory
        self.store = store
        senderID = record.senderID
        context = record.description
        reservedEnd = record.reservedEnd
    }

    /// Makes the state of a new node.
    ///
    /// - Parameters:
    ///   - options: Where, and under which key.
    ///   - senderID: Its identifier.
    ///   - context: Its context, in a form that the caller can read.
    ///   - firstNumber: Every sequence number below it may have been used; 0 for keys that were never used.
    ///   - environment: The variables of this process.
    ///   - notice: Receives lines for the operator, such as where a new key lies.
    /// - Throws: Also where there is state already; that is left as it is.
    public static func create(
        _ options: NodeOptions, senderID: [UInt8], context: SecretField, firstNumber: UInt64,
        environment: [String: String], notice: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) {
        let directory = try OpenedState.lock(options.stateDirectory, role: role, mayCreate: true)
        let found = try storing { () throws(StoreError) in try StoreRole.found(in: directory.path) }
        guard found == nil || found == .unmanagedNode else { throw isTaken(options) }
        let key = try key(options, mayCreate: true, environment, notice)
        do throws(StoreError) {
            let store = try SQLiteUnmanagedStore(directory: directory.path, key: key, mayCreate: true)
            // A copy, too, is somebody's.
            if try store.loadAnyway() == nil {
                return try store.save(
                    UnmanagedRecord(
                        senderID: senderID, description: context, reservedEnd: firstNumber))
            }
        } catch {
            throw ServiceError(error)
        }
        throw isTaken(options)
    }

    /// Opens the state of a node.
    ///
    /// - Throws: Also if another process has it open, if it is a copy, and if it is that of a node with a manager.
    public static func open(
        _ options: NodeOptions, environment: [String: String], notice: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) -> UnmanagedState {
        let directory = try OpenedState.lock(options.stateDirectory, role: role, mayCreate: false)
        let key = try key(options, mayCreate: false, environment, notice)
        let store: SQLiteUnmanagedStore
        let stored: UnmanagedRecord?
        do throws(StoreError) {
            store = try SQLiteUnmanagedStore(directory: directory.path, key: key, mayCreate: false)
            stored = try store.load()
        } catch {
            throw ServiceError(error)
        }
        guard let record = stored else {
            throw ServiceError(
                .configuration, "there is no node in \(options.stateDirectory)", hint: "make one with 'gosc node init'")
        }
        return UnmanagedState(directory, store, record)
    }

    /// Whether a directory holds the state of a node without a manager. Looks only, and needs no key.
    ///
    /// - Returns: `false` also where there is no state at all.
    /// - Throws: If another process has it open.
    public static func isAt(_ path: String) throws(ServiceError) -> Bool {
        let directory: StateDirectory
        do throws(StateDirectoryError) {
            directory = try StateDirectory(path, mayCreate: false)
        } catch .missing {
            return false
        } catch {
            throw ServiceError(error, role: role)
        }
        return try storing { () throws(StoreError) in try StoreRole.found(in: directory.path) } == .unmanagedNode
    }

    /// Makes durable that every number below `end` may have been used. Blocks until it is.
    ///
    /// - Throws: When it is not.
    public func reserve(below end: UInt64) throws(ServiceError) {
        try Self.storing { () throws(StoreError) in try store.reserve(below: end) }
    }

    private static let role = "unmanaged"

    private static func isTaken(_ options: NodeOptions) -> ServiceError {
        ServiceError(
            .refused, "there is a node in \(options.stateDirectory) already",
            hint: "name another state directory with --state")
    }

    private static func key(
        _ options: NodeOptions, mayCreate: Bool, _ environment: [String: String], _ notice: (String) -> Void
    ) throws(ServiceError) -> SealingKey {
        try OpenedState.sealingKey(
            role: "node", keyFile: options.keyFile, mayCreate: mayCreate, environment: environment, notice: notice)
    }

    private static func storing<Value>(_ body: () throws(StoreError) -> Value) throws(ServiceError) -> Value {
        do throws(StoreError) {
            return try body()
        } catch {
            throw ServiceError(error)
        }
    }
}
