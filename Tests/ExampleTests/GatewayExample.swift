// example: gateway-imports
import Bytes
import COSE
import CoAP
// end
import CryptoPrimitives
import GroupOSCORE
import OSCORE
import TestSupport
import Testing

// example: gateway
/// Stands between two networks and asks who signed what passes. It can read none of it.
final class Gateway {
    /// What becomes of a message that is not what it claims to be.
    enum Policy {
        case drop
        case logOnly
    }

    private let policy: Policy
    private let checker = SignatureChecker(maximumRequests: 4096)
    private(set) var log: [String] = []

    init(_ policy: Policy) {
        self.policy = policy
    }

    /// Takes a group under its Gid; after a rekeying once more, with the Gid before it.
    func watch(_ group: CheckedGroup, after previous: GroupID? = nil) {
        checker.add(group, after: previous)
    }

    /// Whether a request goes on.
    ///
    /// - Parameter exchange: Its Token, and the address that it comes from.
    func forwards(request body: [UInt8], in exchange: CheckedExchange) -> Bool {
        do {
            return decide(checker.checkRequest(try ProtectedMessage(body.span), in: exchange))
        } catch {
            return decide(.invalid(error))
        }
    }

    /// Whether a response goes on.
    ///
    /// - Parameters:
    ///   - exchange: Its Token, and the address that it goes to.
    ///   - server: Which member has the address that it comes from; `nil` if nobody knows.
    func forwards(response body: [UInt8], in exchange: CheckedExchange, from server: SenderID? = nil) -> Bool {
        do {
            return decide(checker.checkResponse(try ProtectedMessage(body.span), in: exchange, from: server))
        } catch {
            return decide(.invalid(error))
        }
    }

    private func decide(_ verdict: SignatureVerdict) -> Bool {
        switch verdict {
        case .valid:
            return true
        case .validIfAsked:
            // Whether the request in pairwise mode was genuine, the client knows.
            return true
        case .notCheckable(let reason):
            // Nobody can say that it is forged.
            log.append("not checkable: \(reason)")
            return true
        case .invalid(let failure):
            log.append("invalid: \(failure)")
            return policy == .logOnly
        }
    }
}
// end

/// Members on both sides of a gateway, and somebody who alters what they send.
struct GatewayExample {
    private let groupID: GroupID
    private let signatureEncryptionKey: [UInt8]
    private let algorithms = GroupAlgorithms(
        aead: .aesCCM_16_64_128, groupEncryption: .aesCCM_16_64_128, signature: .edDSA,
        pairwiseKeyAgreement: .ecdhSSHKDF256)
    private let managerCredential = [UInt8](repeating: 9, count: 40)
    private let secret = [UInt8](repeating: 1, count: 16)
    private let switchID: SenderID
    private let lampID: SenderID
    private let light: GroupContext
    private let lamp: GroupContext
    private let exchange = CheckedExchange(
        client: SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 7), port: 5683), token: Token(1))

    init() throws {
        let groupID = try #require(GroupID([0xab, 0xcd]))
        self.groupID = groupID
        (switchID, lampID) = (try #require(SenderID([0x01])), try #require(SenderID([0x02])))
        signatureEncryptionKey = try Self.signatureEncryptionKey(of: groupID, secret)
        light = try Self.context(switchID, of: groupID, secret, algorithms, managerCredential)
        lamp = try Self.context(lampID, of: groupID, secret, algorithms, managerCredential)
        try light.addRecipient(lampID, credential: Self.credential(lampID))
        try lamp.addRecipient(switchID, credential: Self.credential(switchID))
    }

    @Test(.requirement("GOSC-0243"), arguments: [Gateway.Policy.drop, .logOnly])
    func policyDecidesWhatBecomesOfAForgery(policy: Gateway.Policy) throws {
        let gateway = try gateway(policy)
        let (request, _) = try light.protectRequest(Message(code: .put, payload: Array("on".utf8)))
        #expect(gateway.forwards(request: request.body, in: exchange))
        var binding = try binding(of: request)
        let response = try lamp.protectResponse(Message(code: .changed), to: &binding)
        #expect(gateway.forwards(response: response.body, in: exchange))
        #expect(gateway.log.isEmpty)

        for var forged in [request, response] {
            forged.payload[0] ^= 1
            let isForwarded =
                forged.code.isRequest
                ? gateway.forwards(request: forged.body, in: exchange)
                : gateway.forwards(response: forged.body, in: exchange)
            #expect(isForwarded == (policy == .logOnly))
        }
        #expect(gateway.log == ["invalid: signature", "invalid: signature"])
    }

    @Test(.requirement("GOSC-0243", "GOSC-0244"), arguments: [Gateway.Policy.drop, .logOnly])
    func whatCannotBeCheckedIsNeverDropped(policy: Gateway.Policy) throws {
        let gateway = try gateway(policy)
        let (request, _) = try light.protectRequest(Message(code: .get), to: lampID)
        #expect(gateway.forwards(request: request.body, in: exchange))
        var binding = try binding(of: request)
        let response = try lamp.protectResponse(Message(code: .content), to: &binding)
        // It has no kid: only an address says who answers.
        #expect(gateway.forwards(response: response.body, in: exchange))
        #expect(gateway.log == ["not checkable: pairwiseMode", "not checkable: unknownResponder"])
        #expect(gateway.forwards(response: response.body, in: exchange, from: lampID))
        #expect(gateway.log.count == 2)
    }

    private func gateway(_ policy: Gateway.Policy) throws -> Gateway {
        let (groupID, algorithms, managerCredential) = (groupID, algorithms, managerCredential)
        let (switchID, lampID, signatureEncryptionKey) = (switchID, lampID, signatureEncryptionKey)
        let (switchCredential, lampCredential) = (try Self.credential(switchID), try Self.credential(lampID))
        // example: gateway-group
        let group = try CheckedGroup(
            groupID: groupID, signatureEncryptionKey: signatureEncryptionKey.span, algorithms: algorithms,
            managerCredential: managerCredential)
        try group.setCredential(switchCredential, of: switchID)
        try group.setCredential(lampCredential, of: lampID)

        let gateway = Gateway(policy)
        gateway.watch(group)
        // end
        return gateway
    }

    private func binding(of request: Message) throws -> GroupRequestBinding {
        let body = request.body
        guard case .verified(let verified) = lamp.verifyRequest(try ProtectedMessage(body.span)) else {
            throw VerificationFailure.malformed
        }
        return verified.binding
    }

    // The Group Manager derives it; a checker is given nothing that it comes from.
    private static func signatureEncryptionKey(of groupID: GroupID, _ secret: [UInt8]) throws -> [UInt8] {
        let none: [UInt8] = []
        let key = try KeyDerivation.derive(
            .sha256, salt: none.span, secret: secret.span, id: none.span, idContext: groupID.bytes,
            algorithm: GroupEncryptionAlgorithm.aesCCM_16_64_128.rawValue, type: "SEKey", count: 16)
        return [UInt8](copying: key.bytes)
    }

    private static func context(
        _ senderID: SenderID, of groupID: GroupID, _ secret: [UInt8], _ algorithms: GroupAlgorithms,
        _ managerCredential: [UInt8]
    ) throws -> GroupContext {
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 16)
        return try GroupContext(
            groupID: groupID, masterSecret: secret.span, masterSalt: [], algorithms: algorithms,
            managerCredential: managerCredential, senderID: senderID, credential: credential(senderID),
            privateKey: PrivateKey(.ed25519, secret: seed(senderID).span), reservation: reservation)
    }

    private static func seed(_ senderID: SenderID) -> [UInt8] {
        [UInt8](repeating: senderID.bytes.first ?? 0, count: 32)
    }

    private static func credential(_ senderID: SenderID) throws -> AuthenticationCredential {
        let seed = seed(senderID)
        return .ccs(subject: "node", publicKey: try Ed25519PrivateKey(seed: seed.span).publicKey)
    }
}
