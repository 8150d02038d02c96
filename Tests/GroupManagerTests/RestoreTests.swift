import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// A manager whose store went back by three rekeyings and an eviction.
struct RestoreTests {
    private let fixture: Fixture
    private let manager: TestManager
    private let thief: TestNode
    private let lamp: TestNode
    private let other: TestClient
    private let backup: ManagerSnapshot
    private var associations: [TestAssociation]

    init() throws {
        fixture = try Fixture(seed: 1_601)
        manager = fixture.manager
        thief = try TestNode(try manager.invite("thief"), seed: 1_602)
        lamp = try TestNode(
            try manager.invite("lamp"), seed: 1_603, address: SocketAddress(.loopback, port: 40_001))
        #expect(try thief.join(manager).code == .created)
        #expect(try lamp.join(manager).code == .created)
        other = try fixture.member("other")
        backup = manager.store.snapshot
        associations = [thief.server, lamp.server] + (try [thief, lamp, other].map { try $0.link() })
    }

    /// What happens behind the backup; everybody reads the keys each time.
    private func goOn() throws {
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/thief").code == .deleted)
        for _ in 0..<3 {
            // Nobody has named a place to be told at, so each distribution lasts as long as it may.
            _ = manager.pass(.seconds(90))
            #expect(try manager.ask(.post, "gosc/groups/g7/rekey").code == .changed)
            #expect(try lamp.ask(manager, .get, "ace-group/g7/nodes/lamp").code == .content)
            #expect(try other.ask(manager, .get, "ace-group/g7").code == .content)
        }
    }

    private func restore(_ decision: RestoreDecision) throws {
        var procedure = try RestoreProcedure(backup, at: manager.wallClock.seconds)
        try procedure.begin(random: &manager.random)
        try procedure.complete(decision, random: &manager.random)
        try manager.restart(with: procedure.state.snapshot)
    }

    private var secret: [UInt8] {
        get throws {
            let record = try #require(manager.store.groups["g7"]?.record)
            return [UInt8](copying: record.masterSecret.bytes)
        }
    }

    @Test(.requirement("GM-0396", "GM-0350"))
    func whoeverWasEvictedNeverGetsTheNewSecret() throws {
        var recorded: [[UInt8]] = []
        for path in ["ace-group/g7", "ace-group/g7/nodes/thief"] {
            let datagram = try thief.link().protect(TestClient.message(.get, path))
            recorded.append(datagram)
            _ = manager.deliver(datagram, from: thief.address)
        }
        let token = try thief.server.protect(TestNode.tokenMessage())
        recorded.append(token)
        _ = manager.deliver(token, from: thief.address)
        // Never delivered before.
        recorded.append(try thief.link().protect(TestClient.message(.get, "ace-group/g7/nodes/thief")))
        recorded.append(try thief.server.protect(TestNode.tokenMessage()))
        try goOn()
        try restore(RestoreDecision(evicted: ["g7/thief"]))
        let start = manager.history.count
        for datagram in recorded {
            let answer = try TestAssociation.outer(manager.deliver(datagram, from: thief.address))
            #expect(answer.code == .unauthorized && answer.options.oscore == nil)
        }
        for path in ["ace-group/g7", "ace-group/g7/nodes/thief", "ace-group/g7/creds"] {
            #expect(try thief.ask(manager, .get, path).code == .unauthorized)
        }
        #expect(try thief.server.ask(manager, TestNode.tokenMessage()).code == .unauthorized)
        let upload = try fixture.upload(thief.token, as: thief)
        #expect(upload.code.isError, "\(upload.code)")
        // Nobody has got a protected word.
        for case .send(let datagram) in manager.history[start...] {
            #expect(try TestAssociation.message(in: datagram.bytes).options.oscore == nil)
        }
        #expect(manager.store.clients.isEmpty && manager.member("thief") == nil)
        // Another invitation is another client.
        #expect(try manager.invite("thief").clientSenderID != thief.invitation.clientSenderID)
    }

    /// Whoever joined and was evicted behind the backup is not in the list that the operator confirms.
    @Test(.requirement("GM-0396"))
    func whoeverTheStoreHasNeverSeenDoesNotComeBack() throws {
        let invitation = try manager.invite("short")
        let early = manager.store.snapshot
        let short = try TestNode(invitation, seed: 1_604, address: SocketAddress(.loopback, port: 40_002))
        #expect(try short.join(manager).code == .created)
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/short").code == .deleted)
        var procedure = try RestoreProcedure(early, at: manager.wallClock.seconds)
        try procedure.begin(random: &manager.random)
        try procedure.complete(RestoreDecision(), random: &manager.random)
        try manager.restart(with: procedure.state.snapshot)
        #expect(try short.ask(manager, .get, "ace-group/g7").code == .unauthorized)
        #expect(try short.server.ask(manager, TestNode.tokenMessage()).code == .unauthorized)
        #expect(try fixture.upload(short.token, as: short).code.isError)
        // Its name is free for another invitation at once.
        let again = try TestNode(
            try manager.invite("short"), seed: 1_605, address: SocketAddress(.loopback, port: 40_003))
        #expect(try again.join(manager).code == .created)
    }

    @Test(.requirement("GM-0395", "GM-0396"))
    mutating func everybodyElseComesBackWithTheTokenThatItHas() throws {
        try goOn()
        let lost = manager.history.compactMap { effect -> [GroupRekeying]? in
            guard case .commit(let changes) = effect else { return nil }
            return changes.writes.compactMap { if case .rekeyGroup(let made) = $0 { made } else { nil } }
        }.flatMap(\.self)
        #expect(lost.count == 4)
        try restore(RestoreDecision(evicted: ["thief"]))
        let group = try #require(manager.store.groups["g7"]?.record)
        let elapsed = manager.wallClock.seconds - (try #require(backup.groups.first).latestRekeying.at)
        let version = 65_536 * elapsed
        #expect(group.version == version && elapsed > 0)
        for made in lost {
            #expect(made.groupID != group.groupID && made.version < group.version)
            #expect(made.masterSecret != group.masterSecret)
        }
        for (client, name) in [(lamp, "lamp"), (other, "other")] as [(TestClient, String)] {
            let senderID = manager.member(name)?.senderID
            let refused = try client.link().ask(manager, TestClient.message(.get, "ace-group/g7/nodes/\(name)"))
            #expect(refused.code == .unauthorized)
            try client.upload(manager)
            associations.append(try client.link())
            let keys = try client.ask(manager, .get, "ace-group/g7/nodes/\(name)")
            let key = try #require(try keys.map[8]?.mapValue)
            #expect(try keys.map[9] == .unsigned(version))
            let secret = try secret
            #expect(key[6] == .bytes(group.groupID) && key[2] == .bytes(secret))
            #expect(manager.member(name)?.senderID == senderID)
            // Its reading says that it has them, soon.
            _ = manager.pass(.seconds(1))
            #expect(manager.member(name)?.keyVersion == version)
            // It has missed so much that it drops everybody.
            for known in ["00", "05", "197fff"] {
                let stale = try client.ask(manager, .fetch, "ace-group/g7/stale-sids", hex(known), format: .cbor)
                #expect(stale.code == .content && stale.payload.isEmpty, "\(known)")
            }
        }
        // A rekeying counts on from there.
        #expect(try manager.ask(.post, "gosc/groups/g7/rekey").code == .changed)
        #expect(manager.store.groups["g7"]?.record.version == version + 1)
        var ledger = NonceLedger()
        for case .send(let datagram) in manager.history { try note(datagram, &ledger) }
        #expect(ledger.violations == [])
        #expect(ledger.count > 15, "the test has to reach what it tests")
    }

    /// Its invitation opens nothing any more, and its token ends in a month.
    @Test(.requirement("GM-0396"))
    func aMemberGetsAnotherTokenOverItsAssociation() throws {
        try restore(RestoreDecision())
        #expect(try lamp.server.ask(manager, TestNode.tokenMessage()).code == .unauthorized)
        try lamp.upload(manager)
        let answer = try lamp.ask(manager, TestNode.tokenMessage())
        #expect(answer.code == .created)
        let payload = answer.payload
        let response = try TokenResponse(decoding: payload.span)
        #expect(response.accessToken != lamp.token)
        lamp.token = response.accessToken
        guard case .inputMaterial(let material) = response.confirmation else {
            Issue.record("no input material")
            return
        }
        lamp.material = material
        try lamp.upload(manager)
        #expect(try lamp.ask(manager, .get, "ace-group/g7/num").code == .content)
        // Not for whoever has a server of its own, is no member, or was evicted.
        try other.upload(manager)
        #expect(try other.ask(manager, TestNode.tokenMessage()).code == .notFound)
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/lamp").code == .deleted)
        #expect(try lamp.ask(manager, TestNode.tokenMessage()).code == .unauthorized)
        try thief.upload(manager)
        #expect(try thief.ask(manager, .delete, "ace-group/g7/nodes/thief").code == .deleted)
        #expect(try thief.ask(manager, TestNode.tokenMessage()).code == .unauthorized)
        #expect(try thief.join(manager).code == .unauthorized)
    }

    /// Backups, restores and everything between them in any order: no Sender ID of a Gid has two owners, and no Gid two secrets.
    @Test(.requirement("GM-0394", "GM-0395", "GM-0396"), arguments: [1, 2, 3] as [UInt64])
    func nothingIsHandedOutTwiceWhateverIsRestored(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try Fixture(seed: 1_700 + seed)
        let manager = fixture.manager
        var owners: [[UInt8]: ClientIdentity] = [:]
        var secrets: [[UInt8]: SecretField] = [:]
        var backups = [manager.store.snapshot]
        var (joins, restores) = (0, 0)
        for step in 0..<240 {
            let names = (manager.store.groups["g7"]?.members.keys).map { $0.sorted() } ?? []
            switch Int.random(in: 0..<12, using: &random) {
            case 0...4:
                joins += 1
                _ = try fixture.member("m\(joins)")
            case 5, 6:
                guard let name = names.randomElement(using: &random) else { continue }
                #expect(try manager.ask(.delete, "gosc/groups/g7/members/\(name)").code == .deleted)
            case 7, 8: #expect(try manager.ask(.post, "gosc/groups/g7/rekey").code == .changed)
            case 9: backups.append(manager.store.snapshot)
            case 10:
                restores += 1
                // Also one that was restored before.
                let backup = try #require(backups.randomElement(using: &random))
                var procedure = try RestoreProcedure(backup, at: manager.wallClock.seconds)
                try procedure.begin(random: &manager.random)
                let known = procedure.members.map { "\($0.groupName)/\($0.name)" }
                try procedure.complete(
                    RestoreDecision(evicted: known.filter { _ in Bool.random(using: &random) }),
                    random: &manager.random)
                try manager.restart(with: procedure.state.snapshot)
            default: _ = manager.pass(.seconds(3))
            }
            for group in manager.store.groups.values {
                let record = group.record
                #expect(secrets[record.groupID] ?? record.masterSecret == record.masterSecret, "step \(step)")
                secrets[record.groupID] = record.masterSecret
            }
            for assigned in manager.store.snapshot.assignedSenderIDs {
                let pair = assigned.groupID + assigned.senderID
                let client = try #require(assigned.client)
                #expect(owners[pair] ?? client == client, "step \(step)")
                owners[pair] = client
            }
        }
        #expect(joins > 40 && restores > 5 && secrets.count > 20, "the test has to reach what it tests")
    }

    private func note(_ datagram: OutgoingDatagram, _ ledger: inout NonceLedger) throws {
        let bytes = datagram.bytes
        guard bytes.count > 4 else { return }
        let outer = try TestAssociation.message(in: bytes)
        guard outer.options.oscore != nil else { return }
        let token = try DatagramCodec.decode(bytes.span).0.token
        let own = try TestAssociation.partialIV(in: bytes)
        let owners = associations.indices.filter {
            associations[$0].address == datagram.destination && associations[$0].partialIVs[token] != nil
        }
        try #require(owners.count == 1, "\(owners.count) associations have sent this request")
        let asked = try #require(associations[owners[0]].partialIVs[token])
        ledger.note(
            NonceLedger.Use(
                context: [UInt8(owners[0])], sender: Array("manager".utf8),
                producer: Array((own == nil ? "node" : "manager").utf8), partialIV: own ?? asked),
            content: outer.payload)
    }
}
