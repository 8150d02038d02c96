internal import Foundation
internal import GRDB

/// One row of a query, read without trust: a value of the wrong kind is an error, not a trap.
struct Columns {
    let row: Row
    let table: String

    func integer(_ column: String) throws(InvalidColumn) -> Int64 {
        try required(optionalInteger(column), column)
    }

    func optionalInteger(_ column: String) throws(InvalidColumn) -> Int64? {
        switch storage(column) {
        case .null: return nil
        case .int64(let value): return value
        default: throw invalid(column)
        }
    }

    /// A number without sign, kept bit for bit.
    func number(_ column: String) throws(InvalidColumn) -> UInt64 {
        UInt64(bitPattern: try integer(column))
    }

    func optionalNumber(_ column: String) throws(InvalidColumn) -> UInt64? {
        try optionalInteger(column).map { UInt64(bitPattern: $0) }
    }

    /// A number of a narrower type.
    func narrow<Number: FixedWidthInteger>(
        _ column: String, as type: Number.Type = Number.self
    ) throws(InvalidColumn) -> Number {
        try required(Number(exactly: integer(column)), column)
    }

    func bool(_ column: String) throws(InvalidColumn) -> Bool {
        try integer(column) != 0
    }

    func bytes(_ column: String) throws(InvalidColumn) -> [UInt8] {
        try required(optionalBytes(column), column)
    }

    func optionalBytes(_ column: String) throws(InvalidColumn) -> [UInt8]? {
        switch storage(column) {
        case .null: return nil
        case .blob(let value): return [UInt8](value)
        default: throw invalid(column)
        }
    }

    func text(_ column: String) throws(InvalidColumn) -> String {
        try required(optionalText(column), column)
    }

    func optionalText(_ column: String) throws(InvalidColumn) -> String? {
        switch storage(column) {
        case .null: return nil
        case .string(let value): return value
        default: throw invalid(column)
        }
    }

    /// A list of texts, stored as JSON.
    func texts(_ column: String) throws(InvalidColumn) -> [String] {
        let json = try text(column)
        return try required(try? JSONDecoder().decode([String].self, from: Data(json.utf8)), column)
    }

    /// Words of 64 bits, high byte first.
    func words(_ column: String) throws(InvalidColumn) -> [UInt64] {
        let bytes = try bytes(column)
        guard bytes.count.isMultiple(of: 8) else { throw invalid(column) }
        return stride(from: 0, to: bytes.count, by: 8).map { start in
            bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
    }

    /// What a person is told when a column is not what it should be.
    func invalid(_ column: String) -> InvalidColumn {
        InvalidColumn(name: "\(table).\(column)")
    }

    func required<Value>(_ value: Value?, _ column: String) throws(InvalidColumn) -> Value {
        guard let value else { throw invalid(column) }
        return value
    }

    private func storage(_ column: String) -> DatabaseValue.Storage {
        (row[column] as DatabaseValue?)?.storage ?? .null
    }
}

extension [UInt8] {
    /// As a column of type BLOB.
    var column: DatabaseValue { Data(self).databaseValue }
}

extension [UInt8]? {
    /// As a column of type BLOB or NULL.
    var column: DatabaseValue { self?.column ?? .null }
}

extension [UInt64] {
    /// As a column of type BLOB: words of 64 bits, high byte first.
    var column: DatabaseValue {
        flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }.column
    }
}

extension [String] {
    /// As a column of type TEXT: JSON.
    var column: DatabaseValue {
        // An array of strings always encodes.
        let json = (try? JSONEncoder().encode(self)) ?? Data("[]".utf8)
        return String(decoding: json, as: UTF8.self).databaseValue
    }
}

extension UInt64 {
    /// As a column of type INTEGER, bit for bit; negative from 2^63 on.
    var column: DatabaseValue { Int64(bitPattern: self).databaseValue }
}

extension UInt64? {
    /// As a column of type INTEGER or NULL.
    var column: DatabaseValue { self?.column ?? .null }
}

extension FixedWidthInteger {
    /// As a column of type INTEGER; what does not fit becomes NULL, which the schema refuses.
    var narrowColumn: DatabaseValue { Int64(exactly: self)?.databaseValue ?? .null }
}
