import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import GroupManager
import OSCORE
import TestSupport

/// Somebody who wants to be a member of a group, with the other end of every association that it ever had.
final class HistoryMember {
    let client: TestClient
    let groupName: String
    let identity: ClientIdentity
    /// Whether it believes that it is a member.
    var isMember = false
    /// The Sender ID and the Gid that it has for its own.
    var senderID: [UInt8]?
    var groupID: [UInt8] = []
    /// N_C of its latest join.
    var nonce: [UInt8] = []
    /// When its token ends; `nil` if it has none.
    var tokenEnd: UInt64?
    /// Whether it will never be a member again.
    var isDone = false
    /// The latest datagram of its own that was answered.
    var latest: [UInt8]?
    /// The manager's store as it was when the answer left that was taken up last.
    private(set) var storeBehindAnswer = ManagerState()
    private var open: [Token: Link] = [:]
    private var links: [[UInt8]: TestAssociation] = [:]
    private var answers: [Token: (message: Message, store: ManagerState)] = [:]

    /// An association, and what an observer calls it.
    private struct Link {
        let name: [UInt8]
        let association: TestAssociation
    }

    init(_ client: TestClient, in groupName: String, identity: ClientIdentity) {
        self.client = client
        self.groupName = groupName
        self.identity = identity
    }

    var address: SocketAddress { client.address }
    var node: TestNode? { client as? TestNode }

    /// Notes the association that came of an upload.
    ///
    /// - Parameter recipientID: What the manager calls itself in it; nobody else has the same.
    func takeUp(_ recipientID: [UInt8]) {
        links[recipientID] = client.association
    }

    /// The datagram of a request over an association, and the token of it.
    func protect(_ message: Message, over association: TestAssociation) throws -> (bytes: [UInt8], token: Token) {
        let bytes = try association.protect(message)
        let name = links.first { $0.value === association }?.key ?? Array(client.name.utf8)
        open[association.lastToken] = Link(name: name, association: association)
        return (bytes, association.lastToken)
    }

    /// Takes up the answer to a request; `nil` if there was none.
    func answer(to token: Token) -> Message? {
        guard let answer = answers.removeValue(forKey: token) else { return nil }
        storeBehindAnswer = answer.store
        return answer.message
    }

    /// Whom a datagram of the manager belongs to, and the (key, nonce) that it uses; `nil` without protection.
    private func use(of outer: Message, token: Token, in bytes: [UInt8]) throws -> NonceLedger.Use? {
        guard let option = outer.options.oscore else { return nil }
        let own = try TestAssociation.partialIV(in: bytes)
        if outer.code.isRequest {
            // A kid, and no kid context: behind the flags and the Partial IV.
            let kid = Array(option.dropFirst(1 + (own?.count ?? 0)))
            return NonceLedger.Use(context: kid, sender: [0], producer: [0], partialIV: own ?? [])
        }
        guard let link = open[token], let asked = link.association.partialIVs[token] else { return nil }
        return NonceLedger.Use(
            context: link.name, sender: [0], producer: [own == nil ? 1 : 0], partialIV: own ?? asked)
    }

    /// Takes what the manager has sent to this address.
    ///
    /// - Parameter store: The manager's, as it was then.
    /// - Returns: A request of the manager, opened, with the datagram that answers it.
    func receive(
        _ bytes: [UInt8], _ store: ManagerState, _ ledger: HistoryLedger
    ) throws -> (request: Message, answer: [UInt8])? {
        guard bytes.count > 4 else { return nil }
        let token = try DatagramCodec.decode(bytes.span).0.token
        let outer = try TestAssociation.message(in: bytes)
        guard let use = try use(of: outer, token: token, in: bytes) else {
            answers[token] = (outer, store)
            return nil
        }
        ledger.noteMessage(use, content: outer.payload)
        guard outer.code.isRequest else {
            if let link = open[token], answers[token] == nil {
                answers[token] = (try link.association.open(bytes), store)
            }
            return nil
        }
        guard let association = links[use.context] else {
            ledger.violate("a request over an association that \(client.name) never had")
            return nil
        }
        guard let verified = try association.verify(bytes) else { return nil }
        let code: Code = verified.message.code == .delete ? .deleted : .changed
        return (verified.message, try association.answer(verified, in: bytes, with: Message(code: code)))
    }
}
