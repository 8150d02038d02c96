import ACEGroupcomm
import Bytes
import CBOR
import CoAP
import TestSupport
import Testing

@testable import GroupManager

/// Whatever is done to a record is found, and what cannot be found is not claimed.
struct AuditVerifierTests {
    private let credential: [UInt8]
    private let rows: [Row]
    private let checkpoints: [AuditCheckpoint]

    /// One record as a store has it.
    private struct Row: Equatable {
        var number: UInt64
        var encoded: [UInt8]
        var confidential: [UInt8]?
        var hash: [UInt8]
    }

    /// Twelve records, signed at 6 and 8.
    init() throws {
        let (manager, journey) = try TestManager.withJourney(seed: 901)
        for step in Journey.Step.allCases {
            if step == .leave { _ = try manager.invite("lamp") }
            if step == .renewSenderID || step == .leave { _ = try manager.ask(.post, "gosc/audit/checkpoints") }
            try journey.perform(step, manager)
        }
        for number in 0..<3 { _ = try manager.invite("n\(number)") }
        credential = try #require(manager.store.identity).credential
        rows = manager.audit.map {
            Row(number: $0.sequence, encoded: $0.encoded, confidential: $0.encodedConfidential, hash: $0.hash)
        }
        checkpoints = manager.checkpoints
    }

    private func read(_ encoded: [UInt8], _ confidential: [UInt8]? = nil) -> AuditRecord? {
        AuditRecord(decoding: encoded.span, confidential: confidential)
    }

    private func verify(
        _ rows: [Row], checkpoints: [AuditCheckpoint]? = nil, kept: [AuditCheckpoint] = [], credential: [UInt8]? = nil,
        isRedacted: Bool = false
    ) throws(AuditFault) -> AuditVerdict {
        var verifier = try AuditVerifier(
            credential: credential ?? self.credential, checkpoints: checkpoints ?? self.checkpoints, kept: kept,
            isRedacted: isRedacted)
        for row in rows {
            let record = AuditRecord(decoding: row.encoded.span, confidential: row.confidential)
            try verifier.take(record, number: row.number, hash: row.hash)
        }
        return try verifier.finish()
    }

    @Test func aRecordThatNobodyTouchedIsIntact() throws {
        let verdict = try verify(rows, kept: [checkpoints[0]])
        #expect(rows.count == 13 && verdict.records == 13)
        #expect(verdict.signed == checkpoints[1] && verdict.kept == checkpoints[0])
        #expect(checkpoints.map(\.sequence) == [6, 8])
        #expect(rows.contains { $0.confidential != nil } && rows.contains { $0.confidential == nil })
    }

    @Test func everyByteThatIsChangedIsFound() throws {
        // Without signatures: the chain alone tells.
        var verifier = try AuditVerifier(credential: credential, checkpoints: [])
        var unnoticed: [String] = []
        func check(_ what: String, change: (inout Row) -> Void) {
            for row in rows where row.number == verifier.next {
                var damaged = row
                change(&damaged)
                var verifier = verifier
                let record = read(damaged.encoded, damaged.confidential)
                if (try? verifier.take(record, number: damaged.number, hash: damaged.hash)) != nil {
                    unnoticed.append("record \(row.number): \(what)")
                }
            }
        }
        for row in rows {
            for offset in row.encoded.indices {
                for bit in [0x01, 0x20, 0x80] as [UInt8] { check("byte \(offset)") { $0.encoded[offset] ^= bit } }
            }
            for offset in row.confidential?.indices ?? 0..<0 {
                check("confidential byte \(offset)") { $0.confidential?[offset] ^= 0x01 }
            }
            for offset in 0..<32 { check("byte \(offset) of the hash") { $0.hash[offset] ^= 0x01 } }
            check("number") { $0.number += 1 }
            try verifier.take(read(row.encoded, row.confidential), number: row.number, hash: row.hash)
        }
        #expect(unnoticed == [])
        #expect(try verifier.finish().records == 13)
    }

    /// Whoever alters a record and computes its hash anew breaks the chain behind it; whoever goes on to the end comes to
    /// what the manager has signed.
    @Test func hashesThatWereComputedAnewAreFound() throws {
        func rewritten(_ rows: [Row], from first: Int, upTo last: Int) throws -> [Row] {
            var rows = rows
            for index in first...last {
                let record = try #require(read(rows[index].encoded, rows[index].confidential))
                var entry = record.entry
                if index == first { entry.subject = "somebody" }
                let previous = index == 0 ? record.previous : rows[index - 1].hash
                let new = AuditRecord(
                    sequence: record.sequence, previous: previous, time: record.time, entry: entry,
                    salt: record.salt, confidentialHash: record.confidentialHash)
                rows[index].encoded = new.encoded
                rows[index].hash = new.hash
            }
            return rows
        }
        #expect(throws: AuditFault.unlinked(4)) { try verify(rewritten(rows, from: 2, upTo: 2)) }
        #expect(throws: AuditFault.rewritten(6)) { try verify(rewritten(rows, from: 2, upTo: 12)) }
        #expect(throws: AuditFault.rewritten(8)) { try verify(rewritten(rows, from: 7, upTo: 12)) }
        // Without the signatures nothing shows it, and nothing is claimed.
        let unsigned = try verify(rewritten(rows, from: 2, upTo: 12), checkpoints: [])
        #expect(unsigned.signed == nil && unsigned.kept == nil)
        // One of them is enough, wherever it was kept.
        #expect(throws: AuditFault.rewritten(6)) {
            try verify(rewritten(rows, from: 2, upTo: 12), checkpoints: [], kept: [checkpoints[0]])
        }
        // Behind the last signature it cannot be seen.
        #expect(try verify(rewritten(rows, from: 9, upTo: 12)).signed?.sequence == 8)
    }

    @Test func recordsThatAreRemovedInsertedSwappedOrDoubledAreFound() throws {
        for index in rows.indices {
            var removed = rows
            removed.remove(at: index)
            if index < rows.count - 1 {
                #expect(throws: AuditFault.missing(UInt64(index + 1), found: UInt64(index + 2))) {
                    try verify(removed)
                }
            }
            var renumbered = removed
            for later in index..<removed.count { renumbered[later].number -= 1 }
            if index < rows.count - 1 {
                #expect(throws: AuditFault.altered(UInt64(index + 1))) { try verify(renumbered) }
            }
            var doubled = rows
            doubled.insert(rows[index], at: index)
            #expect(throws: AuditFault.missing(UInt64(index + 2), found: UInt64(index + 1))) { try verify(doubled) }
            for other in rows.indices where other != index {
                var swapped = rows
                swapped.swapAt(index, other)
                #expect(throws: AuditFault.self) { try verify(swapped) }
                (swapped[index].number, swapped[other].number) = (rows[index].number, rows[other].number)
                #expect(throws: AuditFault.altered(UInt64(min(index, other) + 1))) { try verify(swapped) }
            }
        }
    }

    @Test func anEndThatWasCutOffIsFoundWithASignatureBehindIt() throws {
        for count in 0..<rows.count {
            let cut = Array(rows.prefix(count))
            // Whoever cuts takes the signatures along.
            let left = checkpoints.filter { $0.sequence <= count }
            #expect(try verify(cut, checkpoints: left).records == count)
            if count < 8 {
                #expect(throws: AuditFault.cutOff(after: UInt64(count), signed: 8)) { try verify(cut) }
                #expect(throws: AuditFault.cutOff(after: UInt64(count), signed: 8)) {
                    try verify(cut, checkpoints: left, kept: [checkpoints[1]])
                }
            } else {
                // Behind the signature nobody can tell, and the verdict does not say so.
                #expect(try verify(cut, kept: [checkpoints[1]]).kept?.sequence == 8)
            }
        }
    }

    @Test func everyByteOfASignatureCounts() throws {
        let good = checkpoints[1]
        var forged = [
            AuditCheckpoint(sequence: 7, hash: good.hash, time: good.time, signature: good.signature),
            AuditCheckpoint(sequence: 0, hash: good.hash, time: good.time, signature: good.signature),
            AuditCheckpoint(sequence: 8, hash: good.hash, time: good.time + 1, signature: good.signature),
            AuditCheckpoint(sequence: 8, hash: good.hash, time: good.time, signature: []),
        ]
        for offset in 0..<64 {
            var signature = good.signature
            signature[offset] ^= 1
            forged.append(AuditCheckpoint(sequence: 8, hash: good.hash, time: good.time, signature: signature))
        }
        for offset in 0..<32 {
            var hash = good.hash
            hash[offset] ^= 1
            forged.append(AuditCheckpoint(sequence: 8, hash: hash, time: good.time, signature: good.signature))
        }
        for checkpoint in forged {
            #expect(throws: AuditFault.forgedCheckpoint(checkpoint.sequence)) {
                try verify(rows, checkpoints: [checkpoint])
            }
            #expect(throws: AuditFault.forgedCheckpoint(checkpoint.sequence)) { try verify(rows, kept: [checkpoint]) }
        }
    }

    /// Another manager cannot sign in the place of this one, nor can its record stand for this one's.
    @Test func anotherManagerIsNotThisOne() throws {
        var random = SeededGenerator(seed: 911)
        let other = try ManagerIdentityRecord.generate(name: "manager", random: &random)
        #expect(throws: AuditFault.forgedCheckpoint(6)) { try verify(rows, credential: other.credential) }
        #expect(throws: AuditFault.otherManager) { try verify(rows, checkpoints: [], credential: other.credential) }
        let head = AuditHead(sequence: 8, hash: rows[7].hash, checkpoint: 0)
        let signed = try AuditCheckpoint(of: head, by: other, at: 1)
        #expect(throws: AuditFault.forgedCheckpoint(8)) { try verify(rows, checkpoints: [signed]) }
        for broken in [[], [0xa0], Array(credential.dropLast())] as [[UInt8]] {
            #expect(throws: AuditFault.unusableCredential) { try verify(rows, credential: broken) }
        }
        // A record that begins in the middle is not the whole.
        #expect(throws: AuditFault.missing(1, found: 2)) { try verify(Array(rows.dropFirst())) }
    }

    @Test func whatIsNoRecordIsRefused() throws {
        let bytes = rows[2].encoded
        let items = try CBORValue(decoding: bytes.span).arrayItems ?? []
        for length in bytes.indices {
            #expect(read(Array(bytes[..<length]), rows[2].confidential) == nil)
        }
        let wrong: [(Int, CBORValue)] = [
            (0, 2), (1, "1"), (2, .bytes([1])), (3, .null), (4, 1), (5, 1), (6, 1), (7, .array([])),
            (7, [1: 2]), (7, ["a": .bytes([1])]), (8, .bytes([1])), (8, 1),
        ]
        for (index, value) in wrong {
            var changed = items
            changed[index] = value
            #expect(read(CBORValue.array(changed).encoded()) == nil, "item \(index)")
        }
        for items in [items + [.null], Array(items.dropLast())] {
            #expect(read(CBORValue.array(items).encoded()) == nil)
        }
        for confidential in [[], [0x80], CBORValue.array([.bytes([1]), ["a": 1]]).encoded()] as [[UInt8]] {
            #expect(read(bytes, confidential) == nil)
        }
    }

    // GM-0489: what is left out leaves the chain as it is.
    @Test(.requirement("GM-0489"))
    func aRedactedRecordIsVerifiedAllTheSame() throws {
        var redacted = rows
        for index in rows.indices {
            let record = try #require(read(rows[index].encoded, rows[index].confidential))
            #expect(record.redacted.entry.confidential == [:] && record.redacted.salt == nil)
            #expect(record.redacted.hash == record.hash && record.redacted.encoded == record.encoded)
            redacted[index].confidential = nil
        }
        #expect(try verify(redacted, isRedacted: true) == verify(rows))
        // The salt is another one for each: equal contents do not show.
        let salts = rows.compactMap { row in row.confidential.map { Array($0[1...17]) } }
        #expect(salts.count > 5 && Set(salts).count == salts.count)
    }

    /// The hash of a record covers its confidential part: where that is missing and nothing was redacted, somebody has removed it.
    @Test func confidentialPartsThatAreMissingAreFound() throws {
        let hidden = rows.indices.filter { rows[$0].confidential != nil }
        var stripped = rows
        for (count, index) in hidden.enumerated().reversed() {
            var one = rows
            one[index].confidential = nil
            #expect(throws: AuditFault.stripped(first: rows[index].number, count: 1)) { try verify(one) }
            stripped[index].confidential = nil
            let fault = AuditFault.stripped(first: rows[index].number, count: UInt64(hidden.count - count))
            #expect(throws: fault) { try verify(stripped) }
        }
    }

    /// A manager signs after each 64 records, so a store that has more of them behind the latest signature has lost some.
    @Test func signaturesThatAreMissingAreFound() throws {
        try AuditVerifier.requireSignatures([], upTo: 64)
        try AuditVerifier.requireSignatures(checkpoints, upTo: 72)
        try AuditVerifier.requireSignatures(checkpoints, upTo: 0)
        #expect(throws: AuditFault.unsigned(after: 0, last: 65)) {
            try AuditVerifier.requireSignatures([], upTo: 65)
        }
        #expect(throws: AuditFault.unsigned(after: 8, last: 73)) {
            try AuditVerifier.requireSignatures(checkpoints, upTo: 73)
        }
    }
}
