import CryptoPrimitives
import Foundation
import Persistence

/// Where joins become durable.
enum StoreKind: String, CaseIterable {
    /// Nowhere: what the engine costs by itself.
    case none
    /// In SQLite, as `gosc manager` has it, on the disk of the temporary directory: each commit waits for it.
    case sqlite = "SQLite"

    /// Does something with a store that is new, and gone behind it.
    func withStore<Value>(_ body: ((any GroupStore)?) throws -> Value) throws -> Value {
        guard self == .sqlite else { return try body(nil) }
        let directory = FileManager.default.temporaryDirectory.appending(path: "gosc-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let key = [UInt8](repeating: 7, count: SealingKey.length)
        return try body(try SQLiteGroupStore(directory: directory.path, key: SealingKey(key.span), mayCreate: true))
    }
}
