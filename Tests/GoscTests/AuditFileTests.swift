import ACEGroupcomm
import Bytes
import CryptoPrimitives
import Foundation
import TestSupport
import Testing

@testable import GroupManager
@testable import gosc

/// Exports: whatever is done to one is found, from the file alone.
struct AuditFileTests {
    private let lines: [String]
    private let redacted: [String]
    private let folder: URL

    /// Six records, signed at 4 and 6.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gosc-audit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var random = SeededGenerator(seed: 931)
        let identity = try ManagerIdentityRecord.generate(name: "manager", random: &random)
        var state = ManagerState()
        var writes: [ManagerWrite] = []
        let steps: [[ManagerWrite]] = [
            [.insertIdentity(identity), .insertTokenKeys(.generate(random: &random))],
            [1, 2].map { .revokeToken(RevocationRecord(tokenID: [$0], revokedAt: 1)) },
            [.insertGroup(Self.group())], [.revokeToken(RevocationRecord(tokenID: [3], revokedAt: 1))],
        ]
        for (index, step) in steps.enumerated() {
            writes += try state.applyAudited(step, at: 1_800_000_000, random: &random).writes
            guard index.isMultiple(of: 2) == false, let checkpoint = state.checkpoint(at: 1_800_000_001) else {
                continue
            }
            _ = try state.apply(checkpoint)
            writes.append(checkpoint)
        }
        let records = writes.compactMap { if case .appendAudit(let record) = $0 { record } else { nil } }
        let checkpoints = writes.compactMap { if case .appendCheckpoint(let value) = $0 { value } else { nil } }
        func export(_ records: [AuditRecord], redacted: Bool) -> [String] {
            let header = AuditHeaderLine(
                gosc_audit: 1, manager_credential: Hex.encode(identity.credential), records: UInt64(records.count),
                checkpoints: checkpoints.count, redacted: redacted)
            return [JSONText.line(header)] + records.map { JSONText.line(AuditLine($0, hash: $0.hash)) }
                + checkpoints.map { JSONText.line(AuditCheckpointLine($0)) }
        }
        lines = export(records, redacted: false)
        redacted = export(records.map(\.redacted), redacted: true)
        try #require(lines.count == 9)
    }

    private static func group() -> GroupRecord {
        // With what JSON writes in more than one way.
        var configuration = GroupConfiguration(groupName: "lab", active: true, applicationGroups: ["hall"])
        configuration.groupDescription = "the \"lab\" \u{202e} of Dr. Ø"
        return GroupRecord(
            name: "lab", configuration: configuration.encodedRepresentation(), groupID: [1, 2, 3], version: 0,
            masterSecret: SecretField(copying: [UInt8](repeating: 7, count: 16).span), masterSalt: [1],
            expiration: .max,
            address: IPv6Address(high: 0xff35_0030_fd12_3456, low: 1), port: 5683, linkRate: 1, maximumGroupSize: 1,
            resources: ["light"], createdAt: 0)
    }

    private func verify(_ text: String, kept: [AuditCheckpoint] = []) throws -> AuditVerdict {
        let path = folder.appending(path: UUID().uuidString).path
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try AuditFile(path).verdict(kept: kept)
    }

    private func verify(_ lines: [String], kept: [AuditCheckpoint] = []) throws -> AuditVerdict {
        try verify(lines.map { $0 + "\n" }.joined(), kept: kept)
    }

    private func isFound(_ lines: [String]) -> Bool { (try? verify(lines)) == nil }

    @Test func anExportThatNobodyTouchedIsIntact() throws {
        let verdict = try verify(lines)
        #expect(verdict.records == 6 && verdict.signed?.sequence == 6)
        #expect(try verify(redacted) == verdict)
    }

    @Test func everyByteThatIsChangedIsFound() throws {
        var unnoticed: [String] = []
        for (index, line) in lines.enumerated() {
            for position in 0..<line.utf8.count {
                var bytes = Array(line.utf8)
                // The other one makes small letters of capital ones, which is the same in hex.
                bytes[position] ^=
                    UInt8(ascii: "a") <= bytes[position] && bytes[position] <= UInt8(ascii: "f") ? 0x20 : 0x01
                // A line that is not UTF-8 any more is refused before it is looked at.
                guard let changed = String(validating: bytes, as: UTF8.self) else { continue }
                var damaged = lines
                damaged[index] = changed
                if !isFound(damaged) { unnoticed.append("line \(index + 1), byte \(position): \(changed)") }
            }
        }
        #expect(unnoticed == [])
    }

    @Test func linesThatAreRemovedDoubledOrSwappedAreFound() {
        for index in lines.indices {
            var damaged = lines
            damaged.remove(at: index)
            #expect(isFound(damaged), "line \(index + 1) removed")
            damaged = lines
            damaged.insert(lines[index], at: index)
            #expect(isFound(damaged), "line \(index + 1) doubled")
            for other in lines.indices.dropFirst(index + 1) {
                damaged = lines
                damaged.swapAt(index, other)
                // The order of signatures says nothing.
                #expect(isFound(damaged) || (index >= 7 && other >= 7), "lines \(index + 1) and \(other + 1)")
            }
        }
        #expect(isFound(lines + [""]))
        #expect(isFound(lines + ["{}"]))
        #expect(isFound([""] + lines))
        #expect(isFound(lines.map { $0 + " " }))
        #expect(isFound([]))
    }

    @Test func aFileThatBreaksOffIsFound() throws {
        let text = lines.map { $0 + "\n" }.joined()
        for length in stride(from: 0, to: text.utf8.count, by: 5) + [text.utf8.count - 1] {
            let prefix = String(decoding: Array(text.utf8.prefix(length)), as: UTF8.self)
            #expect((try? verify(prefix)) == nil, "\(length) bytes")
        }
        #expect(try verify(text).records == 6)
    }

    /// Whoever cuts off the end and changes the first line accordingly is found with a checkpoint that was kept elsewhere.
    @Test func anEndThatWasCutOffIsFoundWithACheckpointKeptElsewhere() throws {
        let checkpoint = try #require(
            AuditExportLine.parse(Substring(lines[8]).utf8, as: AuditCheckpointLine.self)?.value)
        var cut = Array(lines[0...4] + [lines[7]])
        cut[0] = cut[0].replacing("\"records\":6", with: "\"records\":4")
            .replacing("\"checkpoints\":2", with: "\"checkpoints\":1")
        let verdict = try verify(cut)
        #expect(verdict.records == 4 && verdict.kept == nil)
        #expect(throws: AuditFault.cutOff(after: 4, signed: 6)) { try verify(cut, kept: [checkpoint]) }
        #expect(try verify(lines, kept: [checkpoint]).kept == checkpoint)
    }

    @Test func checkpointsAreReadFromExportsAndFromSingleLines() throws {
        let export = folder.appending(path: "export").path
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: export))
        #expect(try AuditFile.checkpoints(in: export).map(\.sequence) == [4, 6])
        let line = folder.appending(path: "line").path
        try Data((lines[8] + "\n").utf8).write(to: URL(filePath: line))
        #expect(try AuditFile.checkpoints(in: line).map(\.sequence) == [6])
        // Also without its line end, as it is copied by hand.
        try Data(lines[8].utf8).write(to: URL(filePath: line))
        #expect(try AuditFile.checkpoints(in: line).map(\.sequence) == [6])
        try Data(lines[2].utf8).write(to: URL(filePath: line))
        #expect(throws: CommandFailure.self) { try AuditFile.checkpoints(in: line) }
    }

    @Test(.requirement("GM-0489"))
    func aRedactedExportSaysNothingConfidential() throws {
        let text = redacted.joined()
        for word in ["lab\\\"", "hall", "confidential\"", "salt"] {
            #expect(lines.joined().contains(word) && !text.contains(word), "\(word)")
        }
        #expect(try verify(redacted).records == 6)
        // An export whose first line says that nothing is left out has left out nothing.
        #expect(throws: AuditFault.stripped(first: 5, count: 1)) {
            try verify(Array(lines.prefix(1) + redacted.dropFirst()))
        }
        // Nor can what was left out be put back as something else.
        var forged = redacted
        forged[5] = lines[5].replacing("hall", with: "roof")
        #expect(isFound(forged))
    }
}

struct AuditStartTests {
    @Test func recordsSpansAndMomentsAreTakenApart() throws {
        guard case .record(17) = AuditStart(argument: "17") else { return #expect(Bool(false)) }
        guard case .time(1_795_334_400) = AuditStart(argument: "2026-11-22T08:00:00Z") else {
            return #expect(Bool(false))
        }
        guard case .time(1_795_305_600) = AuditStart(argument: "2026-11-22") else { return #expect(Bool(false)) }
        guard case .time(let ago) = AuditStart(argument: "1h") else { return #expect(Bool(false)) }
        #expect(ago < UInt64(Date().timeIntervalSince1970) && ago > 1_700_000_000)
        // Longer ago than there is time.
        guard case .time(0) = AuditStart(argument: "36600d") else { return #expect(Bool(false)) }
        for wrong in ["", "yesterday", "-1", "12:00", "2026-13-01"] {
            #expect(AuditStart(argument: wrong) == nil, "\(wrong)")
        }
    }
}
