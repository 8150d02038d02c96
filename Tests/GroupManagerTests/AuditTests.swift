import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import TestSupport
import Testing

@testable import GroupManager

/// What the audit record says, and when.
struct AuditTests {
    @Test(.requirement("GM-0486"))
    func everyChangeOfAMembershipHasItsRecord() throws {
        let (manager, journey) = try TestManager.withJourney(seed: 801)
        for step in Journey.Step.allCases { try journey.perform(step, manager) }
        _ = try manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: [1, 2]).encoded())
        _ = try manager.invite("lamp")
        #expect(try manager.ask(.delete, "gosc/groups/g7/invitations/lamp").code == .deleted)
        #expect(
            manager.audit.map(\.entry.kind) == [
                .recordBegan, .groupCreated, .invitationMade, .invitationUsed, .memberJoined, .memberRejoined,
                .senderIDRenewed, .memberLeft, .rekeyed, .tokenRevoked, .invitationMade, .invitationRevoked,
            ])
        #expect(manager.audit.map(\.sequence) == Array(1...12))
        #expect(manager.audit.allSatisfy { $0.time == manager.wallClock.seconds })
        let created = manager.audit[1].entry.details
        #expect(created["rekey_overlap"] == .number(10) && created["rekey_on_join"] == .text("no"))
        #expect(created["rekey_interval"] == nil)
        let joined = manager.audit[4].entry
        #expect(joined.group == "g7" && joined.subject == "switch")
        #expect(joined.details == ["roles": .text("requester,responder"), "sender_id": .text("00")])
        let credential = journey.node.credential.bytes
        let hash = Hex.encode(SHA256.hash(credential.span))
        #expect(joined.confidential["credential_hash"] == .text(hash))
        let renewed = manager.audit[6].entry.details
        #expect(renewed["former_sender_id"] == manager.audit[5].entry.details["sender_id"])
        #expect(renewed["sender_id"] != renewed["former_sender_id"])
        #expect(manager.audit[9].entry.details == ["token_id": .text("0102")])
        try manager.verifyAudit()
    }

    @Test(.requirement("GM-0486"))
    func aNewManagerIsRecordedFromItsFirstMoment() throws {
        var random = SeededGenerator(seed: 811)
        let identity = try ManagerIdentityRecord.generate(name: "manager", random: &random)
        var state = ManagerState()
        let audited = try state.applyAudited(
            [.insertIdentity(identity), .insertTokenKeys(.generate(random: &random))], at: 7, random: &random)
        let records = audited.writes.compactMap { if case .appendAudit(let record) = $0 { record } else { nil } }
        #expect(records.map(\.entry.kind) == [.managerCreated, .tokenKeysCreated])
        #expect(records.first?.previous == [UInt8](repeating: 0, count: 32))
        #expect(records.first?.time == 7 && state.audit.hash == records.last?.hash)
        state.undo(audited.undo)
        #expect(state == ManagerState())
    }

    /// What is written of a member says what has changed for others, and nothing else is worth a record.
    @Test(.requirement("GM-0486"))
    func aMemberThatIsReplacedIsRecordedAsWhatHasChanged() throws {
        let (manager, journey) = try TestManager.withJourney(seed: 871)
        try journey.advance(to: .joinAgain, manager)
        let member = try #require(manager.member("switch"))
        let changes: [(AuditKind?, (inout MemberRecord) -> Void)] = [
            (nil, { _ in }), (nil, { $0.controlURI = "coap://[::1]/there" }), (nil, { $0.clientNonce = [1] }),
            (.credentialChanged, { $0.credential = [1] }), (.senderIDRenewed, { $0.senderID = [9] }),
            (.memberRejoined, { $0.roles = 2 }),
            (
                .memberRejoined,
                {
                    $0.clientNonce = [1]
                    $0.senderID = [9]
                }
            ),
        ]
        for (kind, change) in changes {
            var state = manager.store
            var changed = member
            change(&changed)
            let writes = try state.applyAudited([.replaceMember(changed)], at: 1, random: &manager.random).writes
            let kinds = writes.compactMap { if case .appendAudit(let record) = $0 { record.entry.kind } else { nil } }
            #expect(kinds == [kind].compactMap { $0 })
        }
    }

    /// A manager that is older than its record says so, once, and how much there was.
    @Test(.requirement("GM-0486"))
    func theRecordOfAnOldManagerBeginsWithWhatIsNotInIt() throws {
        let (manager, journey) = try TestManager.withJourney(seed: 821)
        try journey.advance(to: .renewSenderID, manager)
        var old = manager.store.snapshot
        old.audit = AuditHead()
        try manager.restart(with: old)
        #expect(manager.engine.state.isAuditMissing)
        let before = manager.audit.count
        try journey.perform(.renewSenderID, manager)
        let new = manager.audit[before...]
        #expect(new.map(\.entry.kind) == [.recordBegan, .senderIDRenewed])
        #expect(new.first?.entry.details["groups"] == .number(1) && new.first?.entry.details["members"] == .number(1))
        #expect(!manager.engine.state.isAuditMissing)
        // Also where nothing else is to be written.
        var state = try ManagerState(loading: old)
        let writes = try state.applyAudited([], at: 1, random: &manager.random).writes
        #expect(writes.count == 1 && state.audit.sequence == 1)
        #expect(try state.applyAudited([], at: 1, random: &manager.random).writes == [])
    }

    /// What has not happened is not recorded, whatever step it was.
    @Test(.requirement("GM-0369", "GM-0486"), arguments: Journey.Step.allCases)
    func aFailedCommitLeavesNoRecord(step: Journey.Step) throws {
        let (manager, journey) = try TestManager.withJourney(seed: 831)
        try journey.advance(to: step, manager)
        let before = (head: manager.engine.state.audit, records: manager.audit)
        for _ in 0..<2 {
            manager.failsNextCommit = true
            _ = try manager.deliver(journey.datagram(step), from: journey.node.address)
            #expect(manager.engine.state.audit == before.head && manager.audit == before.records)
        }
        try journey.perform(step, manager)
        try manager.verifyAudit()
    }

    @Test(.requirement("GM-0487"))
    func noSecretIsInTheRecord() throws {
        let (manager, journey) = try TestManager.withJourney(seed: 841)
        try manager.createGroup("pw") {
            $0.groupMode = nil
            $0.pairwiseMode = GroupConfiguration.defaultPairwiseMode
        }
        for step in Journey.Step.allCases { try journey.perform(step, manager) }
        _ = try manager.ask(.post, "gosc/audit/checkpoints")
        let store = manager.store
        let keys = try #require(store.tokenKeys)
        var secrets = [keys.sharedKey, keys.agreementKey, try #require(store.identity).signingSeed]
        secrets += store.groups.values.map(\.record.masterSecret)
        secrets += store.groups.values.compactMap(\.credential?.privateKey)
        secrets += store.invitations.values.map(\.masterSecret) + store.clients.values.map(\.masterSecret)
        var fields = secrets.map { [UInt8](copying: $0.bytes) } + [journey.node.token]
        // Nor their hashes.
        fields += fields.map { SHA256.hash($0.span) }
        #expect(fields.count >= 16)
        var bytes = manager.audit.flatMap { $0.encoded + ($0.encodedConfidential ?? []) }
        bytes += manager.checkpoints.flatMap { $0.hash + $0.signature }
        let text = Hex.encode(bytes) + " " + String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("g7"), "the search finds nothing")
        for field in fields { #expect(!text.contains(Hex.encode(field.prefix(6)))) }
    }

    @Test(.requirement("GM-0486"))
    func theManagerSignsAfterEach64RecordsAndWhenAsked() throws {
        let manager = try TestManager(seed: 851)
        try manager.createGroup()
        for number in 3...63 { _ = try manager.invite("n\(number)") }
        #expect(manager.audit.count == 63 && manager.checkpoints == [])
        _ = try manager.invite("n64")
        #expect(manager.checkpoints.map(\.sequence) == [64])
        #expect(manager.checkpoints.first?.hash == manager.audit.last?.hash)
        _ = try manager.invite("n65")
        let commits = manager.engine.counters.commits
        #expect(try manager.ask(.post, "gosc/audit/checkpoints").code == .changed)
        #expect(manager.checkpoints.map(\.sequence) == [64, 65])
        // Nothing has come since.
        #expect(try manager.ask(.post, "gosc/audit/checkpoints").code == .changed)
        #expect(manager.checkpoints.count == 2 && manager.engine.counters.commits == commits + 1)
        #expect(try manager.ask(.get, "gosc/audit/checkpoints").code == .methodNotAllowed)
        // The next one counts from here.
        for number in 66...128 { _ = try manager.invite("n\(number)") }
        #expect(manager.checkpoints.count == 2)
        _ = try manager.invite("n129")
        #expect(manager.checkpoints.map(\.sequence) == [64, 65, 129])
        let verdict = try manager.verifyAudit()
        #expect(verdict.records == 129 && verdict.signed?.sequence == 129)
    }

    /// A signature is not there before what it signs is durable, and is gone with it.
    @Test(.requirement("GM-0369"))
    func aFailedCommitTakesItsSignatureBack() throws {
        let manager = try TestManager(seed: 861)
        try manager.createGroup()
        for number in 3...63 { _ = try manager.invite("n\(number)") }
        let before = manager.engine.state
        let request = CreateInvitationRequest(
            nodeName: "lamp", roles: .responder, lifetime: 60, managerAddress: "[::1]:5683")
        manager.failsNextCommit = true
        #expect(
            manager.administer(.post, "gosc/groups/g7/invitations", request.encoded())?.code == .serviceUnavailable)
        #expect(manager.engine.state == before && manager.engine.state.audit.checkpoint == 0)
        _ = try manager.invite("lamp")
        #expect(manager.checkpoints.map(\.sequence) == [64])
        try manager.verifyAudit()
    }

    /// From the record alone it can be told who is a member, after any history with failures and crashes in it.
    @Test(.requirement("GM-0486"), arguments: [1, 2, 3] as [UInt64])
    func theRecordTellsWhoIsAMember(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let manager = try TestManager(seed: seed &+ 870)
        try manager.createGroup()
        let journeys = try (0..<6).map { number in
            Journey(try TestNode(try manager.invite("n\(number)"), seed: seed &* 100 &+ UInt64(number)))
        }
        for journey in journeys { try journey.perform(.token, manager) }
        for _ in 0..<120 {
            let journey = try #require(journeys.randomElement(using: &random))
            let step = try #require(Journey.Step.allCases.dropFirst().randomElement(using: &random))
            manager.failsNextCommit = Int.random(in: 0..<5, using: &random) == 0
            _ = try manager.deliver(journey.datagram(step), from: journey.node.address)
            manager.failsNextCommit = false
            if Int.random(in: 0..<15, using: &random) == 0 { try manager.restart() }
        }
        var members: [String: [String: AuditValue]] = [:]
        for entry in manager.audit.map(\.entry) {
            guard let name = entry.subject else { continue }
            switch entry.kind {
            case .memberJoined:
                #expect(members[name] == nil, "\(name) has joined twice")
                members[name] = entry.told
            case .memberRejoined, .senderIDRenewed, .credentialChanged:
                #expect(members[name] != nil, "\(name) was no member")
                members[name] = entry.told
            case .memberLeft: #expect(members.removeValue(forKey: name) == entry.told)
            default: break
            }
        }
        let present = try #require(manager.store.groups["g7"]).members.values.map { member in
            let isID = member.senderID.map { AuditValue.text(Hex.encode($0)) }
            let hash = member.credential.map { AuditValue.text(Hex.encode(SHA256.hash($0.span))) }
            return (
                member.name,
                ["roles": .text(Roles(rawValue: member.roles).description), "sender_id": isID, "credential_hash": hash]
                    .compactMapValues { $0 }
            )
        }
        #expect(members == Dictionary(uniqueKeysWithValues: present))
        #expect(manager.audit.count > 30, "nothing has happened")
        try manager.verifyAudit()
    }
}

extension AuditEntry {
    /// What a member is to others.
    fileprivate var told: [String: AuditValue] {
        details.merging(confidential) { $1 }.filter { ["roles", "sender_id", "credential_hash"].contains($0.key) }
    }
}

extension TestManager {
    /// Verifies all that the store was given.
    @discardableResult
    func verifyAudit(kept: [AuditCheckpoint] = []) throws -> AuditVerdict {
        let credential = try #require(store.identity).credential
        var verifier = try AuditVerifier(credential: credential, checkpoints: checkpoints, kept: kept)
        for record in audit {
            let bytes = record.encoded
            let read = AuditRecord(decoding: bytes.span, confidential: record.encodedConfidential)
            #expect(read == record)
            try verifier.take(read, number: record.sequence, hash: record.hash)
        }
        #expect(store.audit.sequence == UInt64(audit.count) && store.audit.hash == audit.last?.hash)
        return try verifier.finish()
    }
}
