import Bytes
import CryptoPrimitives
import GroupManager
import ServiceShell

/// An exported audit record.
struct AuditFile {
    private let path: String
    private let lines: [Substring]
    private let header: AuditHeaderLine
    private let credential: [UInt8]

    /// Reads a file as far as its first line.
    init(_ path: String) throws(CommandFailure) {
        self.path = path
        lines = try Self.lines(of: path)
        guard let header = lines.first.flatMap({ AuditExportLine.parse($0.utf8, as: AuditHeaderLine.self) }),
            header.gosc_audit == AuditHeaderLine.version,
            let credential = AuditExportLine.bytes(header.manager_credential)
        else {
            throw CommandFailure(
                .badInput,
                "\(path) is not an export of this version of 'gosc audit export', or its first line was altered")
        }
        self.header = header
        self.credential = credential
    }

    /// - Throws: ``AuditFault``, the first one; ``CommandFailure`` where lines are missing that no record tells of.
    func verdict(kept: [AuditCheckpoint]) throws -> AuditVerdict {
        let rest = lines.dropFirst()
        // Signatures stand at the end.
        let checkpoints = rest.suffix(max(header.checkpoints, 0)).map { line in
            AuditExportLine.parse(line.utf8, as: AuditCheckpointLine.self)?.value
        }
        guard checkpoints.count == header.checkpoints, !checkpoints.contains(nil) else {
            throw CommandFailure(
                .refused,
                "\(path): it does not end with the \(header.checkpoints) checkpoints that its first line names",
                hint: "it was cut off or altered; take another export")
        }
        var verifier = try AuditVerifier(
            credential: credential, checkpoints: checkpoints.compactMap { $0 }, kept: kept, isRedacted: header.redacted)
        for line in rest.dropLast(header.checkpoints) {
            let parsed = AuditExportLine.parse(line.utf8, as: AuditLine.self)
            guard let parsed, let hash = AuditExportLine.bytes(parsed.hash),
                (parsed.salt == nil) == (parsed.confidential == nil)
            else { throw AuditFault.malformed(verifier.next) }
            let record = parsed.record
            // What can be computed is not believed.
            guard record?.confidentialHash.map({ Hex.encode($0) }) == parsed.confidentialHash else {
                throw AuditFault.altered(verifier.next)
            }
            try verifier.take(record, number: parsed.sequence, hash: hash)
        }
        let verdict = try verifier.finish()
        guard verdict.records == header.records else {
            throw CommandFailure(
                .refused, "\(path): it has \(verdict.records) records, and its first line names \(header.records)",
                hint: "it was cut off or altered; take another export")
        }
        return verdict
    }

    /// The checkpoints in a file that has some: an export, or lines of one.
    static func checkpoints(in path: String) throws(CommandFailure) -> [AuditCheckpoint] {
        let found = try lines(of: path).compactMap {
            AuditExportLine.parse($0.utf8, as: AuditCheckpointLine.self)?.value
        }
        guard !found.isEmpty else {
            throw CommandFailure(
                .badInput, "there is no checkpoint in \(path)", hint: "it is the last line of an export")
        }
        return found
    }

    private static func lines(of path: String) throws(CommandFailure) -> [Substring] {
        let bytes = try TextFile.bytes(path, what: "audit file", limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.badInput, "audit file \(path) is not a UTF-8 text")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // Each line has its end; a line without was cut off, and is read as the line that it is not.
        if lines.last?.isEmpty == true { lines.removeLast() } else { lines.append("") }
        return lines
    }

    /// Two million records, about.
    private static let limit = 1 << 30
}
