import Foundation
import TestSupport
import Testing

/// Where keys go that serve one purpose only.
struct KeyUseTests {
    /// The types that encrypt.
    private static let ciphers = ["AEADCipher", "StreamCipher", "GroupCipher", "PairwiseKeys", "SealingKey"]

    /// The Signature Encryption Key goes to functions with a deriver, in files that know no cipher.
    @Test(.requirement("GOSC-0035"))
    func theSignatureEncryptionKeyEncryptsNothing() throws {
        var uses = 0
        for line in try Self.lines(of: "GroupOSCORE") where line.contains(".signatureEncryptionKey") {
            // Where it is made, it is given to the initialiser of whoever keeps it.
            if line.contains("self.signatureEncryptionKey =") || line.contains("Self.signatureEncryptionKey(") {
                continue
            }
            uses += 1
            #expect(line.contains("key: ") && line.contains("deriver: "), "\(line)")
        }
        #expect(uses >= 3)
        for file in ["SignatureKeystream", "Countersignature"] {
            let text = try Checkout.text("Sources/GroupOSCORE/Message/\(file).swift")
            #expect(text.contains("key: borrowing SecretBytes, deriver: inout HKDFDeriver"))
            for cipher in Self.ciphers { #expect(!text.contains(cipher), "\(file): \(cipher)") }
        }
    }

    /// A member's private key makes its group context and its proof of possession, and is kept. The forger of the demo
    /// shows that the former cannot be abused.
    @Test(.requirement("GOSC-0061"))
    func thePrivateKeyOfAMemberServesTheGroupOnly() throws {
        let permitted: Set<String> = [
            "Sources/MemberNode/Records/NodeRecords.swift", "Sources/MemberNode/Enrolment/NodeEngine+Identity.swift",
            "Sources/MemberNode/Engine/NodeEngine+State.swift", "Sources/Persistence/Node/NodeTables.swift",
            "Sources/Persistence/Node/NodeTables+Load.swift", "Sources/gosc/Demo/Attackers/ForgerCommand.swift",
        ]
        #expect(try Self.files(containing: "privatePart") == permitted)
        // One function makes the key object of it, for one of two purposes.
        let state = try Checkout.text("Sources/MemberNode/Engine/NodeEngine+State.swift")
        #expect(state.components(separatedBy: "privatePart.bytes").count == 2)
        let purposes = [
            "Sources/MemberNode/Engine/NodeEngine+State.swift": "GroupContext(",
            "Sources/MemberNode/Enrolment/NodeEngine+SenderID.swift": "group.renewSender(",
            "Sources/MemberNode/Enrolment/NodeEngine+Proof.swift": "ProofOfPossession.mac(",
        ]
        #expect(try Self.files(containing: "privateKey(of:") == Set(purposes.keys))
        for (path, purpose) in purposes { #expect(try Checkout.text(path).contains(purpose), "\(path)") }
    }

    /// The key of a manager's identity proves that the manager has it, and signs the audit record; otherwise it is kept.
    @Test func theKeyOfTheManagerProvesAndSignsTheAuditRecord() throws {
        let permitted: Set<String> = [
            "Sources/GroupManager/Records/ManagerIdentityRecord.swift",
            "Sources/GroupManager/State/ManagerIdentityRecord+Generation.swift",
            "Sources/GroupManager/State/ManagerKey.swift", "Sources/GroupManager/Audit/AuditCheckpoint.swift",
            "Sources/Persistence/Manager/ManagerTables.swift", "Sources/Persistence/Manager/ManagerTables+Load.swift",
        ]
        #expect(try Self.files(containing: "signingSeed") == permitted)
        // One function signs, and what it signs begins with a text of its own.
        let checkpoint = try Checkout.text("Sources/GroupManager/Audit/AuditCheckpoint.swift")
        #expect(checkpoint.components(separatedBy: "signature(of:").count == 2)
        #expect(checkpoint.contains("\"gosc audit checkpoint\""))
    }

    /// The sources with a text in them.
    private static func files(containing text: String) throws -> Set<String> {
        let files = try Checkout.swiftFiles(below: "Sources").filter {
            try String(contentsOf: $0, encoding: .utf8).contains(text)
        }
        return Set(files.map(Checkout.relativePath(of:)))
    }

    private static func lines(of target: String) throws -> [String] {
        try Checkout.swiftFiles(of: target).flatMap {
            try String(contentsOf: $0, encoding: .utf8).components(separatedBy: "\n")
        }
    }
}
