import Bytes
import Foundation
import GRDB
import GroupManager
import TestSupport
import Testing

@testable import Persistence

/// Secrets in files, in errors and in the wrong place.
struct SealedColumnTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(.requirement("GM-0498"))
    func noFileHoldsASecret() throws {
        let manager = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        try manager.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        let other = try TemporaryFolder()
        let node = try SQLiteNodeStore(directory: other.path, key: testKey(), mayCreate: true)
        try node.apply(NodeStoreCompatibility.samples)
        let files = try Array(folder.files().values) + Array(other.files().values)
        #expect(files.contains { $0.contains(Data(ManagerSamples.identity.credential)) }, "the search finds nothing")
        for secret in ManagerSamples.secrets + NodeSamples.secrets {
            // A part is bad enough.
            #expect(!files.contains { $0.contains(Data(secret.prefix(8))) })
        }
    }

    @Test func storedSecretsAreTheSecretsOfTheSamples() {
        let snapshot = ManagerSamples.snapshot
        let stored =
            [
                snapshot.identity?.signingSeed, snapshot.groups.last?.masterSecret, snapshot.tokenKeys?.sharedKey,
                snapshot.tokenKeys?.agreementKey, snapshot.groupCredentials.first?.privateKey,
                snapshot.clients.last?.masterSecret,
            ] + snapshot.invitations.map(\.masterSecret)
        let prefixes = Set(stored.compactMap { $0.map { [UInt8](copying: $0.bytes.extracting(first: 8)) } })
        #expect(prefixes == Set(ManagerSamples.secrets.map { Array($0.prefix(8)) }))
    }

    @Test(
        arguments: [
            (
                "UPDATE invitation SET sealed_master_secret = (SELECT sealed_master_secret FROM security_group)",
                "invitation.sealed_master_secret"
            ),
            (
                """
                UPDATE invitation SET sealed_master_secret =
                (SELECT sealed_master_secret FROM invitation ORDER BY client_sender_id DESC LIMIT 1)
                """, "invitation.sealed_master_secret"
            ),
            ("UPDATE identity SET sealed_signing_seed = x'00'", "identity.sealed_signing_seed"),
            (
                "UPDATE token_keys SET sealed_shared_key = sealed_agreement_key", "token_keys.sealed_shared_key"
            ),
            (
                "UPDATE token_keys SET sealed_agreement_key = zeroblob(length(sealed_agreement_key))",
                "token_keys.sealed_agreement_key"
            ),
            ("UPDATE group_credential SET group_name = 'blinds'", "group_credential.sealed_private_key"),
            (
                """
                DROP TRIGGER client_keeps_its_keys;
                UPDATE client SET sealed_master_secret =
                (SELECT sealed_master_secret FROM client ORDER BY recipient_id DESC LIMIT 1)
                """, "client.sealed_master_secret"
            ),
            (
                "DROP TRIGGER client_keeps_its_keys; UPDATE client SET recipient_id = x'02' WHERE recipient_id = x'01'",
                "client.sealed_master_secret"
            ),
            ("UPDATE security_group SET resources = '{}'", "security_group.resources"),
            ("UPDATE association SET window_words = x'01'", "association.window_words"),
            ("UPDATE association SET window_size = -9223372036854775808", nil),
        ] as [(String, String?)])
    func movedOrChangedColumnIsNotLoaded(sql: String, part: String?) throws {
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        try store.file.write { try $0.execute(sql: sql) }
        if let part {
            #expect(throws: StoreError.damaged(path: folder.database, part: part)) { _ = try store.load() }
        } else {
            #expect(try store.load() != ManagerSamples.snapshot)
        }
    }

    @Test func sealedTwiceLooksDifferent() throws {
        let sealing = ColumnSealing(try testKey())
        let address = ColumnAddress.managerSeed
        let one = try sealing.seal(secret(1, count: 16), at: address)
        #expect(try sealing.seal(secret(1, count: 16), at: address) != one)
        #expect(try sealing.open(one, at: address) == secret(1, count: 16))
    }

    @Test func addressesWithTheSameLettersDiffer() {
        let addresses = [
            Self.address(row: "ab", "c"), Self.address(row: "a", "bc"), Self.address(row: "abc", ""),
            Self.address(row: "abc"), ColumnAddress(table: "tabl", row: [Array("ab".utf8), [0x63]], column: "ecolumn"),
        ]
        #expect(Set(addresses.map(\.associatedData)).count == addresses.count)
    }

    private static func address(row: String...) -> ColumnAddress {
        ColumnAddress(table: "table", row: row.map { Array($0.utf8) }, column: "column")
    }

    // GM-0496
    @Test(
        .requirement("GM-0496", "GM-0498"),
        arguments: [
            "identity.sealed_signing_seed", "token_keys.sealed_shared_key", "token_keys.sealed_agreement_key",
            "security_group.sealed_master_secret", "group_credential.sealed_private_key",
            "invitation.sealed_master_secret", "client.sealed_master_secret",
        ])
    func flippedByteOfASecretOfAManagerIsNotLoaded(column: String) throws {
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        try store.file.write { try $0.execute(sql: "DROP TRIGGER client_keeps_its_keys") }
        try store.file.write { try $0.execute(sql: "DROP TRIGGER group_version_never_goes_back") }
        try flipEachByte(of: column, in: store.file) { _ = try store.load() }
        #expect(try store.load() == ManagerSamples.snapshot)
    }

    // GM-0496
    @Test(arguments: [
        "identity.sealed_private_key_seed", "association.sealed_master_secret", "membership.sealed_master_secret",
        "token.sealed_token", "token.sealed_master_secret",
    ])
    func flippedByteOfASecretOfANodeIsNotLoaded(column: String) throws {
        let store = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: true)
        try store.apply(NodeStoreCompatibility.samples)
        try flipEachByte(of: column, in: store.file) { _ = try store.load() }
        #expect(try store.load() == NodeSamples.state)
    }

    private func flipEachByte(of column: String, in file: StoreFile, load: () throws -> Void) throws {
        let parts = column.split(separator: ".")
        let sealed = try file.read { db in
            try [UInt8](Data.fetchOne(db, sql: "SELECT \(parts[1]) FROM \(parts[0])") ?? Data())
        }
        #expect(sealed.count >= 16)
        let update = "UPDATE \(parts[0]) SET \(parts[1]) = ? WHERE \(parts[1]) = ?"
        for index in sealed.indices {
            var flipped = sealed
            flipped[index] ^= 1
            try file.write { try $0.execute(sql: update, arguments: [Data(flipped), Data(sealed)]) }
            #expect(throws: StoreError.damaged(path: folder.database, part: column)) { try load() }
            try file.write { try $0.execute(sql: update, arguments: [Data(sealed), Data(flipped)]) }
        }
    }

    // GM-0496: damage ends in an error or is not seen, never in a trap; also where the database is taken over.
    @Test(.requirement("GM-0496"), arguments: [1, 2, 3, 4] as [UInt64], ["present", "manager-1-household"])
    func damagedFileDoesNotTrap(seed: UInt64, origin: String) throws {
        var random = SeededGenerator(seed: seed)
        let intact: Data
        if origin == "present" {
            do {
                let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
                try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
            }
            intact = try Data(contentsOf: URL(filePath: folder.database))
        } else {
            let place = try FixtureTests.place(origin)
            intact = try Data(contentsOf: URL(filePath: place.database))
        }
        var refused = 0
        for _ in 0..<40 {
            let place = try TemporaryFolder()
            var bytes = intact
            if Bool.random(using: &random) {
                bytes = bytes.prefix(Int.random(in: 1..<bytes.count, using: &random))
            } else {
                for _ in 0..<20 { bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 0x11 }
            }
            try bytes.write(to: URL(filePath: place.database))
            do {
                let store = try SQLiteGroupStore(directory: place.path, key: testKey(), mayCreate: true)
                _ = try ManagerState(loading: store.loadAnyway())
            } catch {
                #expect(error is StoreError || error is ManagerWriteError, "seed \(seed)")
                refused += 1
            }
        }
        #expect(refused > 10, "seed \(seed)")
    }
}
