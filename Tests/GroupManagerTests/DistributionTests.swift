import ACEGroupcomm
import Bytes
import CBOR
import CoAP
import CoAPEngine
import GroupManager
import TestSupport
import Testing

/// Members are told of new keys.
struct DistributionTests {
    private static let names: [(String, Roles)] = [
        ("lamp-1", .responder), ("lamp-2", [.requester, .responder]), ("ear", .monitor), ("switch", .requester),
    ]

    @Test(
        .requirement(
            "GM-0304", "GM-0305", "GM-0306", "GM-0307", "GM-0308", "GM-0310", "GM-0312", "GM-0313", "GM-0314",
            "GM-0331", "GOSC-0304"))
    func everyMemberIsToldOnceAndReceiversFirst() throws {
        let group = try ControlledGroup(Self.names)
        try group.manager.change { snapshot in
            snapshot.staleSenderIDs.append(StaleSenderIDRecord(groupName: "g7", version: 0, senderID: [2]))
        }
        let before = group.manager.store.snapshot.members
        group.manager.holdsCommits = true
        #expect(group.manager.administer(.post, "gosc/groups/g7/rekey") == nil)
        // The version is durable before the first message leaves.
        #expect(group.manager.sentByAdministration == [])
        group.manager.holdsCommits = false
        let first = group.manager.finishCommit()
        #expect(group.manager.store.groups["g7"]?.record.version == 1)
        // No number is durable yet: they all become so in one commit.
        #expect(group.manager.engine.counters.commits == 2)
        let receivers = try ["ear", "lamp-1", "lamp-2"].map { try group[$0].address }
        #expect(first.map(\.destination) == receivers)
        try group.deliver(first)
        #expect(group.told == ["ear", "lamp-1", "lamp-2", "switch"])
        #expect(group.outcomes == [ControlledGroup.outcome(1, 4)])
        #expect(group.confirmed == ["ear", "lamp-1", "lamp-2", "switch"])
        let record = try #require(group.manager.store.groups["g7"]?.record)
        for member in group.members {
            #expect(member.requests.count == 1)
            let request = try #require(member.requests.first)
            #expect(request.code == .post && request.options.uriPath == ["ace-group", "g7", "node"])
            #expect(request.options.contentFormat == .aceGroupcomm)
            // As the guide has it, with a salt and with what our own members are told.
            let map = try request.map
            #expect(map.labels == [-65539, 7, 8, 9, 10, 11, 12, 34])
            let secret = [UInt8](copying: record.masterSecret.bytes)
            let key: CBORValue = [2: .bytes(secret), 5: .bytes(record.masterSalt), 6: .bytes([0xb1, 0, 1])]
            let lifetime = record.expiration - group.manager.wallClock.seconds
            let expected: CBORValue = [
                7: 1, 8: key, 9: 1, 10: 1, 11: .unsigned(record.expiration), 12: .unsigned(lifetime), 34: [.bytes([2])],
                -65539: 10,
            ]
            #expect(Hex.encode(request.payload) == Hex.encode(expected.encoded()))
            let datagram = try TestAssociation.message(in: member.datagrams[0])
            #expect(datagram.options.oscore != nil && datagram.options.uriPath == [])
        }
        let after = group.manager.store.snapshot.members
        #expect(Set(before.map { $0.senderID }) == Set(after.map { $0.senderID }))
        // Nothing more comes.
        try group.pass(.seconds(600))
        #expect(group.told.count == 4 && group.outcomes.count == 1)
    }

    @Test(.requirement("GM-0308", "GM-0318", "GM-0319"))
    func withoutDeparturesTheListIsEmptyAndMembersThatMissedItCanAsk() throws {
        let group = try ControlledGroup(Self.names)
        try group["lamp-1"].respond = { _ in nil }
        try group.rekey()
        try group.pass(.seconds(70))
        #expect(try group["switch"].keys.map(\.staleSenderIDs) == [[]])
        #expect(group.outcomes == [ControlledGroup.outcome(1, 3, ["lamp-1"])])
        // It comes back, and asks.
        let lamp = try group["lamp-1"]
        let answer = try lamp.association.ask(group.manager, TestClient.message(.get, "ace-group/g7/nodes/lamp-1"))
        #expect(answer.code == .content)
        let payload = answer.payload
        #expect(try KeyDistribution(decoding: payload.span).version == 1)
        #expect(group.confirmed.contains("lamp-1"))
        let stale = try lamp.association.ask(
            group.manager,
            TestClient.message(.fetch, "ace-group/g7/stale-sids", CBORValue.unsigned(0).encoded(), format: .cbor))
        #expect(stale.code == .content && stale.payload == [0x80])
        #expect(group.outcomes.count == 1)
    }

    /// Requesters do not wait for ever for a lamp without power.
    @Test(arguments: [(UInt64(10), 5), (30, 15), (0, 2)])
    func requestersAreToldAtTheLimit(overlap: UInt64, seconds: Int) throws {
        let group = try ControlledGroup(Self.names, group: { $0.rekeyingPolicy.overlap = overlap })
        try group["lamp-2"].respond = { _ in nil }
        try group.rekey()
        try group.pass(.milliseconds(seconds * 1_000 - 1))
        #expect(!group.told.contains("switch"))
        try group.pass(.milliseconds(1))
        #expect(group.told.last == "switch")
        #expect(group.confirmed == ["ear", "lamp-1", "switch"])
    }

    @Test(.requirement("GM-0317"))
    func everyDatagramMayBeLost() throws {
        for lost in 0..<8 {
            let group = try ControlledGroup(Self.names, seed: UInt64(lost))
            group.loses = { $0 == lost }
            try group.rekey()
            try group.pass(.seconds(10))
            #expect(group.outcomes == [ControlledGroup.outcome(1, 4)], "\(lost)")
            #expect(group.confirmed.count == 4)
            // One repetition, and nobody but its receiver sees anything of it.
            #expect(group.told.count == 5 && group.members.allSatisfy { $0.requests.count == 1 }, "\(lost)")
        }
    }

    @Test(.requirement("GM-0317"))
    func whoeverDoesNotAnswerIsNamedOnceAndNotAskedForEver() throws {
        let group = try ControlledGroup(Self.names)
        try group["lamp-1"].respond = { _ in nil }
        try group.rekey()
        try group.pass(.seconds(59))
        #expect(group.outcomes == [])
        #expect(group.manager.engine.status.distributions == 1 && group.manager.engine.status.membersBehind == 1)
        try group.pass(.seconds(2))
        #expect(group.outcomes == [ControlledGroup.outcome(1, 3, ["lamp-1"])])
        let lamp = try group["lamp-1"]
        // Four attempts, each with two repetitions, and with a number of its own.
        #expect(lamp.requests.count == 4 && lamp.datagrams.count <= 12)
        #expect(Set(try lamp.datagrams.map { try TestAssociation.partialIV(in: $0) }).count == 4)
        for name in ["lamp-2", "ear", "switch"] { #expect(try group[name].datagrams.count == 1) }
        try group.pass(.seconds(3_600))
        #expect(lamp.requests.count == 4 && group.outcomes.count == 1)
        #expect(group.manager.engine.status.distributions == 0 && group.manager.engine.status.membersBehind == 1)
        // Next time it keeps nobody waiting: it comes last among its like.
        let count = group.told.count
        try group.rekey()
        #expect(Array(group.told[count...]).prefix(3) == ["ear", "lamp-2", "lamp-1"])
    }

    @Test(
        .requirement("GM-0317"), arguments: [Code.notFound, .methodNotAllowed, .badRequest, .unsupportedContentFormat])
    func whoeverCannotTakeThemIsNotToldAgain(code: Code) throws {
        let group = try ControlledGroup(Self.names)
        try group["lamp-1"].respond = { _ in Message(code: code) }
        try group.rekey()
        try group.pass(.seconds(90))
        #expect(try group["lamp-1"].datagrams.count == 1)
        #expect(group.outcomes == [ControlledGroup.outcome(1, 3, ["lamp-1"])])
    }

    @Test(.requirement("GM-0317"))
    func whoeverCouldNotStoreThemIsToldAgain() throws {
        let group = try ControlledGroup(Self.names)
        var isFull = true
        try group["lamp-1"].respond = { _ in
            defer { isFull = false }
            return Message(code: isFull ? .serviceUnavailable : .changed)
        }
        try group.rekey()
        try group.pass(.seconds(30))
        #expect(try group["lamp-1"].requests.count == 2)
        #expect(group.outcomes == [ControlledGroup.outcome(1, 4)])
    }

    /// A node that has started again has another port, perhaps.
    @Test(.requirement("GM-0317"))
    func aMemberIsSoughtWhereItWasHeardFrom() throws {
        let group = try ControlledGroup(Self.names)
        let lamp = try group["lamp-1"]
        let elsewhere = SocketAddress(.loopback, port: 30_000)
        let datagram = try lamp.association.protect(TestClient.message(.get, "ace-group/g7/num"))
        #expect(try lamp.association.open(group.manager.deliver(datagram, from: elsewhere)).code == .content)
        group.places[lamp.address] = nil
        group.places[elsewhere] = lamp
        try group.rekey()
        #expect(lamp.requests.count == 1)
        #expect(group.outcomes == [ControlledGroup.outcome(1, 4)])
    }

    /// It may ask from another port than it listens at, and somebody may have passed on what it asked.
    @Test(.requirement("GM-0317"))
    func theAddressThatAMemberHasNamedIsTriedToo() throws {
        let group = try ControlledGroup(Self.names)
        let lamp = try group["lamp-1"]
        let datagram = try lamp.association.protect(TestClient.message(.get, "ace-group/g7/num"))
        let elsewhere = SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 99), port: 30_000)
        #expect(try lamp.association.open(group.manager.deliver(datagram, from: elsewhere)).code == .content)
        try group.rekey()
        try group.pass(.milliseconds(1_999))
        #expect(lamp.datagrams.isEmpty)
        try group.pass(.milliseconds(1))
        #expect(lamp.requests.count == 1)
        #expect(group.outcomes == [ControlledGroup.outcome(1, 4)])
    }

    @Test(.requirement("GM-0317"), arguments: ["ace-group/g7", "ace-group/g7/nodes/lamp-1"])
    func whoeverReadsThemHasThem(path: String) throws {
        let group = try ControlledGroup(Self.names)
        let lamp = try group["lamp-1"]
        lamp.respond = { _ in nil }
        try group.rekey()
        try group.pass(.seconds(3))
        let count = lamp.datagrams.count
        // The version alone is not the keys.
        #expect(try lamp.association.ask(group.manager, TestClient.message(.get, "ace-group/g7/num")).code == .content)
        #expect(!group.confirmed.contains("lamp-1"))
        let datagram = try lamp.association.protect(TestClient.message(.get, path))
        let sent = group.manager.deliver(datagram, from: lamp.address)
        #expect(try lamp.association.openOwn(sent).map(\.code) == [.content])
        try group.deliver(sent)
        #expect(group.confirmed == ["ear", "lamp-1", "lamp-2", "switch"])
        try group.pass(.seconds(100))
        #expect(lamp.datagrams.count == count && group.outcomes == [ControlledGroup.outcome(1, 4)])
    }

    /// Those who named no resource are not told; they hold up nobody for longer than the limit.
    @Test(.requirement("GM-0314", "GM-0319"))
    func whoeverHasNoControlResourceAsks() throws {
        let group = try ControlledGroup(Self.names, without: ["lamp-1", "switch"])
        try group.rekey()
        try group.pass(.seconds(70))
        #expect(group.told == ["ear", "lamp-2"])
        #expect(group.outcomes == [ControlledGroup.outcome(1, 2, ["lamp-1", "switch"])])
    }

    /// Whoever has lost its rights gets no keys, though it is a member yet.
    @Test(.requirement("GM-0026"))
    func nobodyWhoseTokenHasEndedIsTold() throws {
        let group = try ControlledGroup(Self.names)
        try group.manager.change { snapshot in
            let index = try #require(snapshot.clients.firstIndex { $0.client.text.hasSuffix("lamp-1") })
            snapshot.clients[index].expiry = group.manager.wallClock.seconds + 30
            let other = try #require(snapshot.clients.firstIndex { $0.client.text.hasSuffix("switch") })
            snapshot.revocations.append(RevocationRecord(tokenID: snapshot.clients[other].tokenID, revokedAt: 1))
        }
        // Between two looks at whose token has ended.
        try group.pass(.seconds(31))
        try group.rekey()
        try group.pass(.seconds(20))
        #expect(group.told == ["ear", "lamp-2"] && group.manager.member("lamp-1") != nil)
    }

    // Whoever joined under the new keys is in the same commit as they are; after a crash that is still known.
    @Test(.requirement("GM-0311"))
    func newcomersAreNamedWhereTheirJoiningWasTheReason() throws {
        for (onJoin, count) in [(true, 1), (false, 0)] {
            let group = try ControlledGroup(Self.names, group: { $0.rekeyingPolicy.onJoin = onJoin })
            let now = group.manager.wallClock.seconds
            try group.manager.change { snapshot in
                let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
                snapshot.groups[index].version = 1
                snapshot.groups[index].groupID = [0xb1, 0, 1]
                snapshot.groups[index].latestRekeying = LatestRekeying(at: now, overlap: 10)
                let newcomer = try #require(snapshot.members.firstIndex { $0.name == "lamp-2" })
                snapshot.members[newcomer].joinedAt = now
                snapshot.members[newcomer].keyVersion = 1
            }
            try group.pass(.seconds(1))
            #expect(group.told == ["ear", "lamp-1", "switch"] && group.outcomes == [ControlledGroup.outcome(1, 3)])
            let newcomers = try group["lamp-1"].keys.map { $0.newcomers ?? [] }
            #expect(newcomers.map(\.count) == [count])
            #expect(newcomers[0].allSatisfy { $0.senderID == [0, 1] && $0.name == "lamp-2" })
        }
    }
}
