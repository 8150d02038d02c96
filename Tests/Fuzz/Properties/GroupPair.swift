import Bytes
import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE

/// Client and first server of the group vectors, suite A, so that their messages are genuine ones here.
final class GroupPair: ProtectedPair {
    let responderInName: SenderID? = nil
    private let isPairwise: Bool
    private let client: GroupContext
    private let server: GroupContext
    /// The binding of the last request, at both ends.
    private var requested: GroupRequestBinding?
    private var received: GroupRequestBinding?

    /// - Parameter isPairwise: Whether both ends protect in pairwise mode; they verify both modes.
    init(isPairwise: Bool = false) throws {
        self.isPairwise = isPairwise
        client = try Self.context(of: .client, knowing: .server)
        server = try Self.context(of: .server, knowing: .client)
    }

    private static func context(of member: Member, knowing other: Member) throws -> GroupContext {
        let secret = try bytes("0102030405060708090a0b0c0d0e0f10")
        let salt = try bytes("9e7ca92223786340")
        let managerCredential = try bytes(Member.managerCredential)
        let credential = try member.parsedCredential()
        let otherCredential = try other.parsedCredential()
        let seed = try bytes(member.seed)
        guard let groupID = GroupID([0xdd, 0x11]), let senderID = SenderID([member.id]),
            let otherID = SenderID([other.id])
        else { throw ContextError.identifierTooLong }
        let algorithms = GroupAlgorithms(
            aead: .aesCCM_16_64_128, groupEncryption: .aesCCM_16_64_128, signature: .edDSA,
            pairwiseKeyAgreement: PairwiseKeyAgreementAlgorithm(rawValue: -27))
        let privateKey = try PrivateKey(.ed25519, secret: seed.span)
        let context = try GroupContext(
            groupID: groupID, masterSecret: secret.span, masterSalt: salt, algorithms: algorithms,
            managerCredential: managerCredential, senderID: senderID, credential: credential, privateKey: privateKey,
            reservation: .endless(from: 1000))
        try context.addRecipient(otherID, credential: otherCredential)
        return context
    }

    func protectRequest(_ request: Message) -> Message? {
        guard let recipient = server.senderID,
            let (message, binding) = try? isPairwise
                ? client.protectRequest(request, to: recipient) : client.protectRequest(request)
        else { return nil }
        requested = binding
        return message
    }

    func verifyRequest(_ body: Span<UInt8>) -> Outcome {
        guard let message = try? ProtectedMessage(body) else { return .refused }
        switch server.verifyRequest(message) {
        case .verified(let request):
            received = request.binding
            return .verified(request.message)
        case .replay: return .replay
        default: return .refused
        }
    }

    /// Why the second endpoint refuses a request; `nil` if it does not.
    func failure(ofRequest body: Span<UInt8>) -> VerificationFailure? {
        do throws(VerificationFailure) {
            guard case .rejected(let failure) = server.verifyRequest(try ProtectedMessage(body)) else { return nil }
            return failure
        } catch {
            return error
        }
    }

    func protectResponse(_ response: Message) -> Message? {
        guard var binding = received else { return nil }
        return try? isPairwise
            ? server.protectPairwiseResponse(response, to: &binding)
            : server.protectResponse(response, to: &binding)
    }

    func verifyResponse(_ body: Span<UInt8>) -> Outcome {
        guard let message = try? ProtectedMessage(body), let requested,
            let response = try? client.verifyResponse(message, to: requested).get()
        else { return .refused }
        return .verified(response.message)
    }
}

/// A member of the group of the vectors; a copy, because the fuzz targets read no files.
private struct Member {
    let id: UInt8
    let seed: String
    let credential: String

    func parsedCredential() throws -> AuthenticationCredential {
        let encoded = try bytes(credential)
        return try AuthenticationCredential(parsing: encoded.span, format: .ccs)
    }

    static let client = Member(
        id: 0x25, seed: "64714d41a240b61d8d823502717ab088c9f4af6fc9844553e4ad4c42cc735239",
        credential: "a501781b636f6170733a2f2f746573746572312e6578616d706c652e636f6d02666d796e616d6503781a636f6170733a"
            + "2f2f68656c6c6f312e6578616d706c652e6f7267041a70004b4f08a101a4010103272006215820069e912b83963acc59"
            + "41b63546867dec106e5b9051f2ee14f3bc5cc961acd43a")
    static let server = Member(
        id: 0x52, seed: "857eb61d3f6d70a278a36740d132c099f62880ed497e27bdfd4685fa1a304f26",
        credential: "a501781a636f6170733a2f2f7365727665722e6578616d706c652e636f6d026673656e64657203781a636f6170733a2f"
            + "2f636c69656e742e6578616d706c652e6f7267041a70004b4f08a101a401010327200621582077ec358c1d344e41ee0e"
            + "87b8383d23a2099acd39bdf989ce45b52e887463389b")
    static let managerCredential =
        "a501781a636f6170733a2f2f6d79736974652e6578616d706c652e636f6d026c67726f75706d616e6167657203781a63"
        + "6f6170733a2f2f646f6d61696e2e6578616d706c652e6f7267041aab9b154f08a101a4010103272006215820cde3efd3"
        + "bc3f99c9c9ee210415c6cba55061b5046e963b8a58c9143a61166472"
}
