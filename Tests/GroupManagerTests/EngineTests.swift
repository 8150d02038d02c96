import ACEGroupcomm
import Bytes
import CoAP
import GroupManager
import TestSupport
import Testing

struct EngineTests {
    @Test func inputsWaitWhileACommitIsOpen() throws {
        let manager = try TestManager(seed: 91)
        try manager.createGroup()
        let nodes = try (0..<3).map { try TestNode(try manager.invite("n\($0)"), seed: 92 + UInt64($0)) }
        manager.holdsCommits = true
        for node in nodes {
            let datagram = try node.protect(node.joinMessage(node.joinRequest(manager).encoded()))
            #expect(manager.deliver(datagram, from: node.address) == [])
        }
        // Reading needs no commit; writing waits its turn.
        #expect(manager.administer(.get, "gosc/groups/g7")?.code == .content)
        #expect(manager.administer(.post, "gosc/groups", []) == nil)
        for (index, node) in nodes.enumerated() {
            #expect(manager.store.snapshot.members.count == index)
            let sent = manager.finishCommit()
            #expect(try node.open(sent).code == .created)
        }
        #expect(manager.heldCommit == nil)
        #expect(Set(manager.store.snapshot.assignedSenderIDs).count == 3)
    }

    @Test func fullQueueAnswersTryAgain() throws {
        let manager = try TestManager(seed: 95, settings: ManagerSettings(queueLimit: 1))
        try manager.createGroup()
        let nodes = try (0..<3).map { try TestNode(try manager.invite("n\($0)"), seed: 96 + UInt64($0)) }
        manager.holdsCommits = true
        var sent: [[OutgoingCode]] = []
        for node in nodes {
            let datagram = try node.protect(node.joinMessage(node.joinRequest(manager).encoded()))
            sent.append(try manager.deliver(datagram, from: node.address).map { try TestNode.outer([$0]).code })
        }
        #expect(sent == [[], [], [.serviceUnavailable]])
        #expect(manager.events.last == .rejected(from: nodes[2].address, reason: .overloaded))
        let answer = manager.administer(.post, "gosc/groups", [])
        #expect(answer?.code == .serviceUnavailable)
    }

    /// Neither what members ask for nor what the administrator or an authorization server would.
    @Test(
        .requirement("COAP-0269", "COAP-0272"),
        arguments: [
            "ace-group/g7", "ace-group/g7/creds", "ace-group", "manage", "manage/g7", "gosc/groups", "authz-info",
        ])
    func nothingOfTheManagerIsServedToAGroup(path: String) throws {
        let manager = try TestManager(seed: 98)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 99)
        #expect(try node.join(manager).code == .created)
        let before = manager.store
        let allNodes = try #require(IPv6Address("ff02::fd"))
        let group = try #require(manager.store.groups["g7"]).record.address
        for code in [Code.get, .post, .put, .fetch] {
            let plain = node.joinMessage([], path: path.split(separator: "/").map(String.init)).withCode(code)
            for destination in [group, allNodes] {
                // Plain, and protected with the keys of a member; a Message ID each, so that none is a duplicate.
                for datagram in [node.frame(plain), try node.protect(plain)] {
                    var datagram = datagram
                    datagram[0] |= 0x10
                    #expect(manager.deliver(datagram, from: node.address, to: destination) == [], "\(code)")
                }
            }
            // The same to the manager alone is refused in the open, and does nothing either.
            let refusal = try TestNode.outer(manager.deliver(node.frame(plain), from: node.address))
            #expect(refusal.code == .unauthorized && refusal.options.oscore == nil)
        }
        #expect(manager.store == before)
    }

    @Test func groupAddressesAreNotAnswered() throws {
        let manager = try TestManager(seed: 100)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 101)
        let group = try #require(manager.store.groups["g7"]).record.address
        var datagram = try node.protect(node.joinMessage(node.joinRequest(manager).encoded()))
        datagram[0] |= 0x10  // non-confirmable, as on multicast
        let before = manager.store
        #expect(manager.deliver(datagram, from: node.address, to: group) == [])
        #expect(manager.store == before)
        #expect(try node.join(manager).code == .created)
    }

    @Test(.requirement("GM-0359"))
    func garbageNeverChangesAnything() throws {
        let manager = try TestManager(seed: 102)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 103)
        let datagram = try node.protect(node.joinMessage(node.joinRequest(manager).encoded()))
        let before = manager.store
        for count in 0..<datagram.count {
            _ = manager.deliver(Array(datagram.prefix(count)), from: node.address)
        }
        #expect(manager.store == before)
        // Header and token stay, so that the message gets past the message layer; all behind them is authenticated.
        let start = 4 + Int(datagram[0] & 0x0f)
        for seed in UInt64(0)..<300 {
            var random = SeededGenerator(seed: seed)
            var mutated = datagram
            let index = Int.random(in: start..<mutated.count, using: &random)
            mutated[index] ^= UInt8.random(in: 1...255, using: &random)
            let other = try manager.copy()
            _ = other.deliver(mutated, from: SocketAddress(.loopback, port: 50_000))
            #expect(other.store == before, "byte \(index), seed \(seed)")
        }
        #expect(try node.open(manager.deliver(datagram, from: SocketAddress(.loopback, port: 50_000))).code == .created)
    }

    @Test(.requirement("GM-0491", "GM-0492", "GM-0493", "GM-0496"))
    func stateComesBackFromItsSnapshotAndDamageIsRefused() throws {
        let manager = try TestManager(seed: 104)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 105)
        _ = try node.join(manager)
        let snapshot = manager.store.snapshot
        #expect(try ManagerState(loading: snapshot) == manager.store)
        var twice = snapshot
        twice.assignedSenderIDs += snapshot.assignedSenderIDs
        #expect(throws: ManagerWriteError.senderIDTaken) { try ManagerState(loading: twice) }
        var damaged = snapshot
        damaged.groups[0].configuration.removeLast()
        #expect(throws: ManagerWriteError.invalidRecord) { try ManagerState(loading: damaged) }
    }
}

private typealias OutgoingCode = Code

extension Message {
    /// The message with another method.
    fileprivate func withCode(_ code: Code) -> Message {
        var message = self
        message.code = code
        return message
    }
}

struct GuardTests {
    @Test(.requirement("GM-0395"))
    func guardsRefuseTheWholeChangeSet() throws {
        let manager = try TestManager(seed: 111)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 112)
        _ = try node.join(manager)
        let snapshot = manager.store.snapshot
        let association = snapshot.associations[0]
        var back = association
        back.replayWindow.highest = nil
        var advanced = association
        advanced.replayWindow.highest = 1_000
        let violations: [(ManagerWrite, ManagerWriteError)] = [
            (.insertIdentity(try #require(snapshot.identity)), .identityExists),
            (.insertGroup(snapshot.groups[0]), .groupExists),
            (.insertInvitation(snapshot.invitations[0]), .invitationExists),
            (.consumeInvitation(association.key), .invitationUsed),
            (.consumeInvitation(AssociationKey(clientSenderID: [], idContext: [])), .invitationUnknown),
            (.insertMember(snapshot.members[0]), .memberExists),
            (.assignSenderID(snapshot.assignedSenderIDs[0]), .senderIDTaken),
        ]
        for (write, error) in violations {
            var state = manager.store
            let changes = ManagerChangeSet(id: CommitID(1), writes: [.putAssociation(advanced), write])
            #expect(throws: error) { try state.apply(changes) }
            #expect(state == manager.store, "\(error)")
        }
        // A window that goes back would accept a request twice.
        var state = manager.store
        try state.apply(ManagerChangeSet(id: CommitID(1), writes: [.putAssociation(advanced)]))
        #expect(throws: ManagerWriteError.associationWentBack) {
            try state.apply(ManagerChangeSet(id: CommitID(2), writes: [.putAssociation(back)]))
        }
    }
}
