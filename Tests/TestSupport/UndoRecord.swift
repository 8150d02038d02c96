import Foundation

/// What one write or truncation has replaced: a record of `Tests/PowerCut/power_cut.c`.
struct UndoRecord {
    let offset: UInt64
    /// The size of the file before, in bytes.
    let size: UInt64
    let replaced: Data

    /// The records of a file, oldest first. A last one that is not whole belongs to a write that never happened.
    static func all(in path: String) throws -> [UndoRecord] {
        let bytes = try Data(contentsOf: URL(filePath: path))
        var records: [UndoRecord] = []
        var start = bytes.startIndex
        func number(at offset: Int) -> UInt64 {
            UInt64(
                littleEndian: bytes[(start + offset)..<(start + offset + 8)].withUnsafeBytes {
                    $0.loadUnaligned(as: UInt64.self)
                })
        }
        while bytes.endIndex - start >= headerLength {
            guard number(at: 0) == magic else { throw NoPowerCut(reason: "\(path) has no record at \(start)") }
            let end = start + headerLength + Int(number(at: 24))
            guard end <= bytes.endIndex else { break }
            records.append(
                UndoRecord(
                    offset: number(at: 8), size: number(at: 16), replaced: bytes[(start + headerLength)..<end]))
            start = end
        }
        return records
    }

    /// Brings a file back to where it was before the first of these records.
    ///
    /// - Returns: How many changes were taken back.
    static func takeBack(_ records: [UndoRecord], from path: String) throws -> Int {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        for record in records.reversed() {
            try file.seek(toOffset: record.offset)
            try file.write(contentsOf: record.replaced)
            try file.truncate(atOffset: record.size)
        }
        try file.close()
        return records.count
    }

    private static let headerLength = 32
    private static let magic: UInt64 = 0x676f_7363_756e_646f
}
