import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import GroupOSCORE
import OSCORE
import Testing

/// Which descriptions make an endpoint, and who reaches what at an endpoint with both kinds.
struct AssociationTests {
    private let group = TestGroup()

    @Test func descriptionsThatCannotBeAreRefusedWithTheReason() throws {
        let good = try group.member(1)
        func reason(_ change: (inout GroupAssociation) throws -> Void) throws -> String {
            var description = good
            try change(&description)
            do {
                _ = try EndpointSecurity(groups: [description])
                return "accepted"
            } catch {
                return error.reason
            }
        }
        #expect(try reason { _ in } == "accepted")
        #expect(try reason { $0.privateKey = TestGroup.seed(9) }.contains("privateKey"))
        #expect(try reason { $0.privateKey = [1] }.contains("private key"))
        #expect(try reason { $0.masterSecret = [] }.contains("invalidKeyMaterial"))
        #expect(try reason { $0.members.append($0.members[0]) }.contains("two members"))
        #expect(try reason { $0.members[0].senderID = $0.senderID }.contains("itself"))
        #expect(try reason { $0.replayWindowSize = 1 } != "accepted")
        #expect(try reason { $0.name = String(repeating: "x", count: 256) } != "accepted")
        #expect(try reason { $0.reservedEnd = 1 << 40 }.contains("sequenceNumbersExhausted"))
    }

    @Test func twoGroupsHaveTwoNamesAndTwoSetsOfKeys() throws {
        let one = try group.member(1)
        var other = try group.member(1)
        #expect(throws: InvalidAssociation.self) { _ = try EndpointSecurity(groups: [one, other]) }
        other.name = "other"
        #expect(throws: InvalidAssociation.self) { _ = try EndpointSecurity(groups: [one, other]) }
        other.masterSecret = Array(2...17)
        _ = try EndpointSecurity(groups: [one, other])
    }

    /// Both derive their keys in one way: with the Gid as ID Context they would be the same, and so would the nonces.
    @Test func aPeerDoesNotHaveTheKeysOfAGroup() throws {
        let member = try group.member(1)
        var pair = OSCOREAssociation(
            masterSecret: member.masterSecret, idContext: member.groupID.bytes, senderID: member.senderID,
            recipientID: try TestGroup.senderID(2), reservedEnd: 0, store: TestDisk())
        #expect(throws: InvalidAssociation.self) {
            _ = try EndpointSecurity(associations: [pair], groups: [member])
        }
        pair.idContext = [1]
        _ = try EndpointSecurity(associations: [pair], groups: [member])
        pair.idContext = member.groupID.bytes
        pair.masterSecret = Array(2...17)
        _ = try EndpointSecurity(associations: [pair], groups: [member])
    }

    @Test func secretsAreNotPrinted() throws {
        let description = try group.member(7 - 6)
        var dumped = ""
        dump(description, to: &dumped)
        for text in ["\(description)", String(reflecting: description), dumped] {
            #expect(!text.contains("1, 2, 3"))
            #expect(!text.contains("1, 1, 1"))
        }
    }

    /// The two kinds do not reach each other's resources.
    @Test func peersAndMembersAreKeptApart() throws {
        let pair = { (sender: UInt8, recipient: UInt8) in
            OSCOREAssociation(
                masterSecret: Array(50...65), senderID: try TestGroup.senderID(sender),
                recipientID: try TestGroup.senderID(recipient), reservedEnd: 0, store: TestDisk())
        }
        let network = SecuredNetwork()
        let toServer = try pair(8, 9)
        let client = SecuredNode(
            1, try EndpointSecurity(associations: [toServer], groups: [group.member(1)]))
        let server = SecuredNode(
            2, try EndpointSecurity(associations: [pair(9, 8)], groups: [group.member(2)]))
        let handler = ResourceResponse(.content, .textPlain, [1])
        server.serve(
            "peers",
            .forPeers(Resource(methods: [.get: .immediate { _ in handler }])))
        server.serve(
            "members",
            .forMembers(Resource(methods: [.get: .immediate { _ in handler }])))
        network.add(client)
        network.add(server, joining: TestGroup.address)
        func codes(_ request: ClientRequest) throws -> [Code] {
            let id = try client.start(request, at: network.now)
            // Until the next request to the group may leave: PROBING_RATE is 1 byte a second.
            network.run(for: .seconds(200))
            return (client.responses[id] ?? []).map(\.message.code)
        }
        let get = Message(code: .get)
        let member = try TestGroup.only(2)
        #expect(try codes(TestGroup.toOne(get, "peers", server, toServer.peer)) == [.content])
        #expect(try codes(TestGroup.toOne(get, "members", server, toServer.peer)) == [.forbidden])
        #expect(try codes(TestGroup.toOne(get, "peers", server, member)) == [.forbidden])
        #expect(try codes(TestGroup.toOne(get, "members", server, member)) == [.content])
        #expect(try codes(TestGroup.toAll(get, "peers")) == [])
        #expect(try codes(TestGroup.toAll(get, "members")) == [.content])
        // Without protection.
        #expect(
            try codes(TestGroup.toOne(get, "members", server, .endpoint(server.address))) == [.unauthorized])
    }

    @Test func identitiesSayWhoseTheyAre() throws {
        let senderID = try TestGroup.senderID(5)
        let peers: [GroupPeer] = [
            .group(named: "lab"), .member(senderID, ofGroup: "lab"), .memberInGroupMode(senderID, ofGroup: "lab"),
            .member(try #require(SenderID([])), ofGroup: ""), .group(named: String(repeating: "x", count: 255)),
        ]
        for peer in peers { #expect(GroupPeer(peer.identity) == peer) }
        #expect(Set(peers.map(\.identity)).count == peers.count)
        #expect(GroupPeer(.association([1, 2])) == nil)
        #expect(GroupPeer(.association([0x81, 5, 1])) == nil)
        #expect(GroupPeer(.association([])) == nil)
    }
}
