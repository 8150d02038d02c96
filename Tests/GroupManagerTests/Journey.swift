import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import OSCORE
import TestSupport
import Testing

/// A node on its way: from an invitation to a token, a membership, and out again.
final class Journey {
    /// Whatever changes something at the manager.
    enum Step: CaseIterable {
        case token, firstRequest, join, joinAgain, renewSenderID, changeCredential, updateToken, leave
    }

    let node: TestNode
    /// Every association that it ever had.
    private(set) var associations: [TestAssociation] = []
    private var joins: UInt8 = 0

    init(_ node: TestNode) {
        self.node = node
        associations = [node.server]
    }

    /// The association that a step goes over.
    func association(for step: Step) throws -> TestAssociation {
        try step == .token ? node.server : node.link()
    }

    /// The request of a step.
    func message(_ step: Step) throws -> Message {
        let place = "ace-group/\(node.invitation.groupName)"
        let scope = ScopeEntry(groupName: node.invitation.groupName, roles: node.invitation.roles).encoded()
        switch step {
        case .token: return TestNode.tokenMessage()
        case .firstRequest: return TestNode.message(.get, "\(place)/num")
        case .join, .joinAgain:
            if step == .joinAgain { joins += 1 }
            let request = try node.joinRequest(
                node.invitation.groupName, node.invitation.roles, nonce: [joins, 1, 2, 3, 4, 5, 6, 7],
                controlURI: "coap://\(node.address)/\(place)/node")
            return node.joinMessage(request.encoded())
        case .renewSenderID: return TestNode.message(.post, "\(place)/nodes/\(node.invitation.nodeName)")
        case .changeCredential:
            let update = CredentialUpdate(
                credential: node.credential.bytes, clientNonce: [1],
                evidence: try node.evidence(scope: scope, nonce: [1]))
            return TestNode.message(
                .post, "\(place)/nodes/\(node.invitation.nodeName)/cred", update.encoded(), format: .aceGroupcomm)
        case .updateToken:
            return node.uploadMessage(
                TokenUpload(
                    token: node.token, nonce1: nil, clientRecipientID: nil, asksForSignInfo: false,
                    asksForECDHInfo: false, asksForDHCredentials: false))
        case .leave: return TestNode.message(.delete, "\(place)/nodes/\(node.invitation.nodeName)")
        }
    }

    func datagram(_ step: Step) throws -> [UInt8] {
        try association(for: step).protect(message(step))
    }

    /// What a step gets that succeeds.
    static func success(_ step: Step) -> Code {
        switch step {
        case .token, .join, .updateToken: .created
        case .firstRequest: .forbidden
        case .joinAgain, .changeCredential: .changed
        case .renewSenderID: .content
        case .leave: .deleted
        }
    }

    /// Takes up what an answer brings.
    func take(_ step: Step, _ answer: Message, _ manager: TestManager) throws {
        guard step == .token, answer.code == .created else { return }
        let payload = answer.payload
        let response = try TokenResponse(decoding: payload.span)
        node.token = response.accessToken
        if case .inputMaterial(let material) = response.confirmation { node.material = material }
        try upload(manager)
    }

    func upload(_ manager: TestManager) throws {
        try node.upload(manager)
        if let association = node.association { associations.append(association) }
    }

    /// Goes up to a step, this one excluded.
    func advance(to last: Step, _ manager: TestManager) throws {
        for step in Step.allCases.prefix(while: { $0 != last }) { try perform(step, manager) }
    }

    @discardableResult
    func perform(_ step: Step, _ manager: TestManager) throws -> Message {
        let answer = try association(for: step).open(
            manager.deliver(datagram(step), from: node.address))
        #expect(answer.code == Self.success(step), "\(step)")
        try take(step, answer, manager)
        return answer
    }
}

extension TestManager {
    /// A manager with the group g7 and one node on its way.
    static func withJourney(seed: UInt64, settings: (inout ManagerSettings) -> Void = { _ in }) throws -> (
        TestManager, Journey
    ) {
        let manager = try TestManager(seed: seed, settings: settings)
        try manager.createGroup()
        return (manager, Journey(try TestNode(try manager.invite("switch"), seed: seed ^ 0x77)))
    }
}
