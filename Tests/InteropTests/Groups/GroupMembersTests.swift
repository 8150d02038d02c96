import TestSupport
import Testing

/// What the cells do not show: several of our servers that aiocoap verifies, and our server after a restart.
@Suite(.aiocoapPresent, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct GroupMembersProcessTests {
    private let text = GroupCellsProcessTests.text
    private let toAll = "coap://[\(GroupFixture.address)%lo]/echo"
    private let toServer = "coap://[fd00::52]/echo"

    @Test func everyMemberOfAMixedGroupIsVerified() throws { try collect(.groupCCM) }
    @Test func everyMemberOfTheOtherMixedGroupIsVerified() throws { try collect(.groupChaCha) }

    /// aiocoap verifies both of our servers. With another key for the second one it takes the first one's response only.
    private func collect(_ pair: GroupCells.Pair) throws {
        let fixture = try GroupFixture(pair)
        let right = AiocoapMember(
            context: try fixture.context(of: GroupFixture.client), identifier: GroupFixture.client)
        let mistaken = AiocoapMember(
            context: try fixture.context(of: GroupFixture.client, mistaken: GroupFixture.other),
            identifier: GroupFixture.client)
        var sequence = 0
        for mode in GroupCells.Mode.allCases {
            let servers = try [GroupFixture.server, GroupFixture.other].map { identifier in
                try member(fixture, identifier).serve(answer: mode.rawValue, at: address(of: identifier))
            }
            defer { for server in servers { server.stop() } }
            let all = try right.post(
                text, to: "coap://[\(GroupFixture.address)]/echo", sequence: sequence, collecting: true, seconds: 2)
            let answers = GroupResponse.all(in: all.output).sorted { $0.sender < $1.sender }
            #expect(
                answers
                    == [GroupFixture.server, GroupFixture.other].map { GroupCellsProcessTests.answer(of: $0, mode) },
                "\(mode): \(all.output)")
            let one = try mistaken.post(
                text, to: "coap://[\(GroupFixture.address)]/echo", sequence: sequence + 1, collecting: true, seconds: 2)
            #expect(
                GroupResponse.all(in: one.output) == [GroupCellsProcessTests.answer(of: GroupFixture.server, mode)],
                "\(mode): \(one.output)")
            // The other one has answered, too: aiocoap says what is wrong with that.
            let reason = mode == .group ? "Signature mismatch" : "Tag invalid"
            #expect(one.output.contains("ProtectionInvalid: \(reason)"), "\(mode): \(one.output)")
            sequence += 2
        }
    }

    /// A request that is right but for its countersignature: the tag verifies, because all members have that key.
    @Test func forgedRequestIsRefusedForItsSignature() throws {
        let fixture = try GroupFixture(.bothCCM)
        let context = try fixture.context(of: GroupFixture.client)
        let forger = AiocoapMember(context: context, identifier: GroupFixture.client, isForger: true)
        let client = AiocoapMember(context: context, identifier: GroupFixture.client)
        let member = try member(fixture, GroupFixture.server)
        let server = try member.serve(answer: "same", at: address(of: GroupFixture.server))
        defer { server.stop() }
        let forged = try forger.post(text, to: toAll, sequence: 3, seconds: 1)
        #expect(forged.status == 1 && GroupResponse.all(in: forged.output).isEmpty, "\(forged.output)")
        #expect(try member.rejected() == ["signature": 1])
        // It has not used up the Partial IV of the member in whose name it was sent.
        let genuine = try client.post(text, to: toAll, sequence: 3)
        #expect(
            GroupResponse.all(in: genuine.output) == [GroupCellsProcessTests.answer(of: GroupFixture.server, .group)],
            "\(genuine.output)")
        // In pairwise mode the key is another one.
        #expect(try forger.post(text, to: toServer, peer: GroupFixture.server, sequence: 4, seconds: 2).status == 1)
        #expect(try member.rejected() == ["signature": 1, "decryption": 1])
    }

    /// The same for a response that our client gets, beside a genuine one.
    @Test func forgedResponseIsRefused() throws {
        let fixture = try GroupFixture(.bothCCM)
        let client = try member(fixture, GroupFixture.client)
        for mode in GroupCells.Mode.allCases {
            let servers = try [GroupFixture.server, GroupFixture.other].map { identifier in
                try AiocoapMember(
                    context: fixture.context(of: identifier), identifier: identifier,
                    isForger: identifier == GroupFixture.other
                ).serve(answer: mode, inGroup: true)
            }
            defer { for server in servers { server.stop() } }
            let (status, output) = try client.post(
                text, to: "coap://[\(GroupFixture.address)]/echo",
                ["--mode", "group", "--interface", "lo", "--timeout", "2s"])
            #expect(
                status == 0
                    && GroupResponse.all(in: output) == [GroupCellsProcessTests.answer(of: GroupFixture.server, mode)],
                "\(mode): \(output)")
            // The forger has verified the request, and answered.
            #expect(AiocoapMember.requests(of: servers[1]).contains { $0.request == "/echo" })
        }
    }

    /// After a restart it asks with Echo (RFC 10021 §9), in pairwise mode: aiocoap's client answers that, by itself, after
    /// requests of both modes and by both ways. What it cannot read after that is an answer in group mode.
    @Test func challengeAfterARestartIsAnswered() throws {
        for answer in ["pairwise", "same"] { try challengeAfterARestart(answer: answer) }
    }

    private func challengeAfterARestart(answer: String) throws {
        let fixture = try GroupFixture(.bothCCM)
        let client = AiocoapMember(
            context: try fixture.context(of: GroupFixture.client), identifier: GroupFixture.client)
        let member = try member(fixture, GroupFixture.server)
        try member.serve(answer: answer, at: address(of: GroupFixture.server)).stop()
        var sequence = 0
        for (uri, peer) in [(toAll, nil), (toServer, nil), (toServer, GroupFixture.server)] {
            let server = try member.serve(answer: answer, at: address(of: GroupFixture.server))
            defer { server.stop() }
            let (status, output) = try client.post(text, to: uri, peer: peer, sequence: sequence)
            // The challenged request and the one with the value.
            sequence += 2
            #expect(
                status == 0
                    && GroupResponse.all(in: output) == [
                        GroupCellsProcessTests.answer(of: GroupFixture.server, .pairwise)
                    ],
                "\(answer) \(uri): \(output)")
            #expect(try member.counter("challenges") == 1)
        }
    }

    /// A Partial IV that was accepted before gets no response that anybody could take for one.
    @Test func repetitionIsCountedAndNotAnswered() throws {
        let fixture = try GroupFixture(.bothCCM)
        let client = AiocoapMember(
            context: try fixture.context(of: GroupFixture.client), identifier: GroupFixture.client)
        let member = try member(fixture, GroupFixture.server)
        let server = try member.serve(answer: "same", at: address(of: GroupFixture.server))
        defer { server.stop() }
        #expect(try client.post(text, to: toAll, sequence: 7).status == 0)
        let again = try client.post(text, to: toAll, sequence: 7, seconds: 2)
        #expect(again.status == 1 && GroupResponse.all(in: again.output).isEmpty)
        // Nothing at all: it came by multicast.
        #expect(!again.output.contains("refused"), "\(again.output)")
        #expect(try member.counter("replays") == 1 && member.counter("requests_handled") == 1)
    }

    private func member(_ fixture: GroupFixture, _ identifier: String) throws -> GoscMember {
        try GoscMember(fixture, context: try fixture.context(of: identifier), as: identifier)
    }

    /// An address of its own, since all use one port.
    private func address(of identifier: String) throws -> String {
        try Surroundings.address("fd00::\(identifier)")
    }
}
