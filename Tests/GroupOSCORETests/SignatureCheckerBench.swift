import Bytes
import CoAP
import OSCORE
import Testing

@testable import GroupOSCORE

extension CheckedExchange {
    static let first = CheckedExchange(client: SocketAddress(IPv6Address(high: 1, low: 2), port: 5683), token: Token(1))
    static let second = CheckedExchange(
        client: SocketAddress(IPv6Address(high: 1, low: 2), port: 5683), token: Token(2))
}

extension SignatureVerdict {
    /// Valid under the Gid that the group of the vectors has before its rekeying.
    static func signed(by senderID: SenderID) -> Self {
        guard let groupID = GroupID(bytes(GroupVectors.shared.group.gid)) else { fatalError("the vectors have a Gid") }
        return .valid(senderID, under: groupID)
    }

    /// The same, in answer to a request that nobody here can check.
    static func signedIfAsked(by senderID: SenderID) -> Self {
        guard case .valid(let senderID, let groupID) = signed(by: senderID) else { return signed(by: senderID) }
        return .validIfAsked(senderID, under: groupID)
    }
}

extension CheckedGroup {
    /// What a signature checker is told of the group of a member; no credentials yet.
    convenience init(_ context: GroupContext, deterministicClientID: SenderID? = nil) throws {
        let key = bytes(hex(context.common.signatureEncryptionKey))
        try self.init(
            groupID: context.groupID, signatureEncryptionKey: key.span, algorithms: context.algorithms,
            managerCredential: context.common.managerCredential, deterministicClientID: deterministicClientID)
    }

    /// A group of a suite, from what the vector file says: the Signature Encryption Key is not derived here.
    convenience init(_ suite: GroupVectors.Suite, gid: String, key text: String?, nobody: SenderID?) throws {
        let key = bytes(text)
        try self.init(
            groupID: try #require(GroupID(bytes(gid))), signatureEncryptionKey: key.span,
            algorithms: GroupAlgorithms(suite), managerCredential: bytes(GroupVectors.shared.group.gmCred),
            deterministicClientID: nobody)
        for member in GroupVectors.shared.group.members {
            try setCredential(
                try GroupContext.credential(of: member), of: try #require(SenderID(bytes(member.senderId))))
        }
    }
}

extension SignatureChecker {
    /// A checker of one suite, before and after its rekeying.
    static func vectors(
        _ id: String, maximumRequests: Int = 16, deterministicClientID: SenderID? = nil
    ) throws -> SignatureChecker {
        let suite = try GroupVectors.suite(id)
        let checker = SignatureChecker(maximumRequests: maximumRequests)
        checker.add(
            try CheckedGroup(
                suite, gid: GroupVectors.shared.group.gid, key: suite.keys.signatureEncryptionKey,
                nobody: deterministicClientID))
        if let rekey = suite.afterRekey {
            // The file has this key for one suite only; deriving it is proved elsewhere.
            let context = try GroupContext.vectors(id, member: "52", afterRekey: true)
            let key = rekey.keys?.signatureEncryptionKey ?? hex(context.common.signatureEncryptionKey)
            checker.add(
                try CheckedGroup(suite, gid: rekey.newGid, key: key, nobody: deterministicClientID),
                after: GroupID(bytes(GroupVectors.shared.group.gid)))
        }
        return checker
    }

    /// Lets a request of the vectors pass.
    func pass(_ request: GroupVectors.GroupMessage, in exchange: CheckedExchange) throws {
        let body = GroupVectorTests.protectedBody(request)
        let verdict = checkRequest(try ProtectedMessage(body.span), in: exchange)
        let sender = try #require(SenderID(bytes(request.senderId)))
        #expect(verdict == (request.mode == "group" ? .signed(by: sender) : .notCheckable(.pairwiseMode)))
    }

    func verdict(request: Message, in exchange: CheckedExchange) throws -> SignatureVerdict {
        let body = request.body
        return checkRequest(try ProtectedMessage(body.span), in: exchange)
    }

    func verdict(
        response: Message, in exchange: CheckedExchange, from responder: SenderID? = nil
    ) throws -> SignatureVerdict {
        let body = response.body
        return checkResponse(try ProtectedMessage(body.span), in: exchange, from: responder)
    }
}
