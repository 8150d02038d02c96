import Bytes
import COSE
import CoAP
import CoAPEngine
import CoAPSecurity
import GroupOSCORE
import OSCORE
import TestSupport
import Testing

/// Requests and answers in a group, in every combination of modes.
struct GroupRequestTests {
    private func bench(
        _ group: TestGroup = TestGroup(), answer: GroupAssociation.AnswerMode = .same
    ) throws -> (network: SecuredNetwork, client: SecuredNode, servers: [SecuredNode]) {
        let network = SecuredNetwork()
        let client = try group.node(1)
        network.add(client)
        let servers = try (2...group.size).map { number in
            let server = try group.node(number) { $0.answerMode = answer }
            server.serve("hello", .text("from \(number)"))
            network.add(server, joining: TestGroup.address)
            return server
        }
        return (network, client, servers)
    }

    @Test(
        .requirement("GOSC-0185", "GOSC-0222", "GOSC-0223"),
        arguments: [GroupAssociation.AnswerMode.same, .group, .pairwise])
    func everybodyAnswersOnceInItsOwnMode(answer: GroupAssociation.AnswerMode) throws {
        let (network, client, servers) = try bench(answer: answer)
        let id = try client.start(TestGroup.toAll(Message(code: .get), "hello"), at: network.now)
        network.run(for: .seconds(10))
        let responses = client.responses[id] ?? []
        #expect(responses.count == servers.count)
        for (number, server) in zip(2..., servers) as Zip2Sequence<PartialRangeFrom<UInt8>, [SecuredNode]> {
            let response = responses.first { $0.source == server.address }
            #expect(response?.message.payload == Array("from \(number)".utf8))
            #expect(response?.peer == (try TestGroup.only(number)))
            #expect(response?.security == (answer == .pairwise ? .pairwiseMode : .groupMode))
        }
        // One datagram to the group, and nothing readable on the way.
        #expect(network.record.count { $0.datagram.destination.address.isMulticast } == 1)
        for passing in network.record {
            #expect(!passing.datagram.bytes.contains(Array("hello".utf8)))
            #expect(!passing.datagram.bytes.contains(Array("from".utf8)))
        }
    }

    @Test(
        .requirement("GOSC-0222", "GOSC-0347"),
        arguments: [false, true], [GroupAssociation.AnswerMode.same, .group, .pairwise])
    func oneMemberIsAskedInEitherMode(inGroupMode: Bool, answer: GroupAssociation.AnswerMode) throws {
        let (network, client, servers) = try bench(answer: answer)
        let peer = try TestGroup.only(3, inGroupMode: inGroupMode)
        let id = try client.start(
            TestGroup.toOne(Message(code: .get), "hello", servers[1], peer), at: network.now)
        network.run(for: .seconds(10))
        let response = client.responses[id]?.first
        #expect(response?.message.payload == Array("from 3".utf8))
        #expect(response?.peer == peer)
        let isGroupMode = answer == .group || answer == .same && inGroupMode
        #expect(response?.security == (isGroupMode ? .groupMode : .pairwiseMode))
        #expect(client.ends[id] == .complete)
    }

    /// Its address is not known yet, so the request goes to all; one can read it, and only its answer counts.
    @Test(.requirement("GOSC-0249"), arguments: [false, true])
    func oneMemberIsAskedByMulticast(inGroupMode: Bool) throws {
        let (network, client, _) = try bench()
        let peer = try TestGroup.only(2, inGroupMode: inGroupMode)
        let id = try client.start(
            TestGroup.toAll(Message(code: .get), "hello", peer: peer), at: network.now)
        network.run(for: .seconds(10))
        let responses = client.responses[id] ?? []
        #expect(responses.map(\.peer) == [peer])
        #expect(client.security.rejectedResponses == (inGroupMode ? [.wrongResponder: 1] : [:]))
    }

    /// Who has another credential of a member verifies nothing of it.
    @Test func theWrongCredentialFails() throws {
        let group = TestGroup(impostors: [3])
        let (network, client, servers) = try bench(group)
        let id = try client.start(TestGroup.toAll(Message(code: .get), "hello"), at: network.now)
        network.run(for: .seconds(10))
        #expect(client.responses[id]?.map(\.source) == [servers[0].address])
        #expect(client.security.rejectedResponses == [.signature: 1])
    }

    @Test(.requirement("GOSC-0349"))
    func aGroupRequestTakenOutOfItsMulticastIsRefusedWhereThePolicySaysSo() throws {
        let network = SecuredNetwork()
        let client = try TestGroup().node(1)
        let server = try TestGroup().node(2) { $0.unicastGroupRequests = .safeMethodsOnly }
        let calls = CallCount()
        server.serve(
            "light",
            Resource(methods: [
                .put: .immediate { _ in
                    calls.increment()
                    return ResourceResponse(.changed)
                }
            ]))
        network.add(client)
        network.add(server)
        let id = try client.start(
            TestGroup.toOne(Message(code: .put), "light", server, TestGroup.only(2, inGroupMode: true)),
            at: network.now)
        network.run(for: .seconds(10))
        #expect(client.responses[id]?.first?.message.code == .forbidden)
        #expect(client.responses[id]?.first?.security == .groupMode)
        #expect(calls.value == 0)
        #expect(server.security.forbiddenRequests == 1)
    }

    /// Pairwise keys need no signature, group mode no key agreement: a group may have only one of them.
    @Test func aModeThatTheGroupDoesNotHaveIsRefused() throws {
        let groupOnly = GroupAlgorithms(
            aead: nil, groupEncryption: .aesCCM_16_64_128, signature: .edDSA, pairwiseKeyAgreement: nil)
        let pairwiseOnly = GroupAlgorithms(
            aead: .aesCCM_16_64_128, groupEncryption: nil, signature: nil, pairwiseKeyAgreement: .ecdhSSHKDF256)
        let (network, client, servers) = try bench(TestGroup(algorithms: groupOnly))
        let id = try client.start(
            TestGroup.toOne(Message(code: .get), "hello", servers[0], TestGroup.only(2)), at: network.now)
        network.run(for: .seconds(10))
        #expect(client.responses[id]?.first?.security == .groupMode)
        #expect(throws: InvalidAssociation.self) {
            _ = try TestGroup(algorithms: groupOnly).node(2) { $0.answerMode = .pairwise }
        }
        #expect(throws: InvalidAssociation.self) {
            _ = try TestGroup(algorithms: pairwiseOnly).node(2) { $0.answerMode = .group }
        }
    }
}

extension [UInt8] {
    /// Whether other bytes stand somewhere in these.
    fileprivate func contains(_ other: [UInt8]) -> Bool {
        count >= other.count && (0...(count - other.count)).contains { Array(self[$0..<$0 + other.count]) == other }
    }
}
