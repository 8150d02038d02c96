import Bytes
import OSCORE

/// The fields of one object of a line. `null` is the same as absent; names that are not asked for are ignored.
struct Fields {
    private let object: JSONObject
    /// Where the object stands in the line, such as `context.algs`; empty for the line itself.
    private let path: String

    init(_ object: JSONObject, path: String = "") {
        self.object = object
        self.path = path
    }

    /// A failure that names a field.
    func failure(_ name: String, _ what: String) -> WorkbenchFailure {
        WorkbenchFailure(.field, "\"\(path.isEmpty ? name : "\(path).\(name)")\" \(what)")
    }

    private func value(_ name: String) -> JSONValue? {
        guard let value = object[name], value != .null else { return nil }
        return value
    }

    func text(_ name: String) throws(WorkbenchFailure) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.textValue else { throw failure(name, "must be a text") }
        return text
    }

    /// Whether a field that may be one of several things is a text.
    func isText(_ name: String) -> Bool { value(name)?.textValue != nil }

    func integer(_ name: String) throws(WorkbenchFailure) -> Int64? {
        guard let value = value(name) else { return nil }
        guard let integer = value.integerValue else { throw failure(name, "must be an integer") }
        return integer
    }

    func bool(_ name: String) throws(WorkbenchFailure) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let bool = value.boolValue else { throw failure(name, "must be true or false") }
        return bool
    }

    /// A byte string in hex.
    func bytes(_ name: String) throws(WorkbenchFailure) -> [UInt8]? {
        guard let value = value(name) else { return nil }
        guard let text = value.textValue, let bytes = Hex.decode(text) else {
            throw failure(name, "must be a byte string in hex, two digits a byte")
        }
        return bytes
    }

    func object(_ name: String) throws(WorkbenchFailure) -> Fields? {
        guard let value = value(name) else { return nil }
        guard let object = value.objectValue else { throw failure(name, "must be an object") }
        return Fields(object, path: path.isEmpty ? name : "\(path).\(name)")
    }

    func objects(_ name: String) throws(WorkbenchFailure) -> [Fields]? {
        guard let value = value(name) else { return nil }
        guard let items = value.arrayValue else { throw failure(name, "must be an array of objects") }
        var fields: [Fields] = []
        for (index, item) in items.enumerated() {
            guard let object = item.objectValue else { throw failure(name, "must be an array of objects") }
            fields.append(Fields(object, path: "\(path.isEmpty ? name : "\(path).\(name)")[\(index)]"))
        }
        return fields
    }

    /// An identifier of a sender: 0 to 7 bytes in hex.
    func senderID(_ name: String) throws(WorkbenchFailure) -> SenderID? {
        guard let bytes = try bytes(name) else { return nil }
        guard let id = SenderID(bytes) else { throw failure(name, "must be an identifier of at most 7 bytes") }
        return id
    }

    /// A Partial IV: a number, or one to five bytes in hex in the shortest form.
    func partialIV(_ name: String) throws(WorkbenchFailure) -> PartialIV? {
        guard let value = value(name) else { return nil }
        let partialIV: PartialIV? =
            switch value {
            case .integer(let number): UInt64(exactly: number).flatMap { PartialIV($0) }
            case .text(let text): Hex.decode(text).flatMap { PartialIV(decoding: $0) }
            default: nil
            }
        guard let partialIV else {
            throw failure(name, "must be a number from 0 to 1099511627775, or its 1 to 5 bytes in hex, shortest form")
        }
        return partialIV
    }

    /// Unwraps what must be there.
    func required<Value>(_ name: String, _ value: Value?) throws(WorkbenchFailure) -> Value {
        guard let value else { throw failure(name, "is missing") }
        return value
    }
}
