import ACEGroupcomm
import COSE
import CoAP
import GroupManager
import TestSupport
import Testing

struct CredentialsProcedureTests {
    private let manager: TestManager
    private var nodes: [String: TestNode] = [:]

    init() throws {
        manager = try TestManager(seed: 61)
        try manager.createGroup()
        let roles: [(String, Roles)] = [
            ("m", .monitor), ("r", .requester), ("rs", [.requester, .responder]), ("s", .responder),
        ]
        for (index, (name, role)) in roles.enumerated() {
            let node = try TestNode(try manager.invite(name, roles: role), seed: UInt64(index) + 62)
            try #require(try node.join(manager).code == .created)
            nodes[name] = node
        }
    }

    @Test(.requirement("GM-0120", "GM-0150", "GM-0179", "GM-0190"))
    func memberReadsTheWholeRoster() throws {
        for name in ["r", "m"] {
            let node = try #require(nodes[name])
            let answer = try node.ask(manager, request(.get))
            #expect(answer.code == .content)
            #expect(answer.options.contentFormat == .aceGroupcomm)
            let response = try CredentialsResponse(decoding: answer.payload.span)
            #expect(response.version == 0)
            #expect(response.peers.map(\.name) == ["r", "rs", "s"])
            #expect(response.peers.map(\.roles.rawValue) == [2, 6, 4])
            #expect(response.peers[1].credential == nodes["rs"]?.credential.bytes)
        }
    }

    @Test(.requirement("GM-0184", "GM-0185", "GM-0186", "GM-0187", "GM-0188", "GM-0189"))
    func filtersSelectMembers() throws {
        let node = try #require(nodes["r"])
        let id = try #require(manager.store.snapshot.members.first { $0.name == "rs" }?.senderID)
        let expectations: [(CredentialFilter, [String])] = [
            (.matching(including: true, roles: [.requester], senderIDs: []), ["r", "rs"]),
            (.matching(including: true, roles: [[.requester, .responder]], senderIDs: []), ["rs"]),
            (.matching(including: true, roles: [.requester, .responder], senderIDs: []), ["r", "rs", "s"]),
            (.matching(including: true, roles: [], senderIDs: [id, [0xee]]), ["rs"]),
            (.matching(including: true, roles: [.responder], senderIDs: [id]), ["rs", "s"]),
            (.matching(including: false, roles: [.responder], senderIDs: [id]), ["s"]),
            (.matching(including: false, roles: [], senderIDs: [id]), ["r", "s"]),
            (.matching(including: true, roles: [], senderIDs: [[0xee]]), []),
        ]
        for (filter, names) in expectations {
            let payload = try #require(CredentialsRequest(filter: filter)).encoded()
            let answer = try node.ask(manager, request(.fetch, payload))
            #expect(try CredentialsResponse(decoding: answer.payload.span).peers.map(\.name) == names)
            if names.isEmpty { #expect(answer.payload == [0x40]) }
        }
    }

    @Test(.requirement("GM-0180", "GM-0182", "GM-0366"))
    func otherRequestsAreRefused() throws {
        let node = try #require(nodes["r"])
        var foreign = request(.fetch, [0xa0])
        foreign.options.contentFormat = .cbor
        #expect(try node.ask(manager, foreign).code == .unsupportedContentFormat)
        #expect(try node.ask(manager, request(.fetch, [0xa0])).code == .badRequest)
        #expect(try node.ask(manager, request(.post)).code == .methodNotAllowed)
        // Invited is not joined, and another group is another group.
        let guest = try TestNode(try manager.invite("guest"), seed: 70)
        try manager.createGroup("g8")
        var other = request(.get)
        other.options.uriPath = ["ace-group", "g8", "creds"]
        for answer in [try guest.ask(manager, request(.get)), try node.ask(manager, other)] {
            #expect(answer.code == .forbidden)
            #expect(try ProblemDetails(decoding: answer.payload.span).error == .membersOnly)
        }
    }

    private func request(_ code: Code, _ payload: [UInt8] = []) -> Message {
        var message = Message(code: code, payload: payload)
        message.options.uriPath = ["ace-group", "g7", "creds"]
        if !payload.isEmpty { message.options.contentFormat = .aceGroupcomm }
        return message
    }
}
