import Bytes
import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import Testing

@testable import GroupOSCORE

/// A group with the members of the vector file, in as many generations as a test wants.
///
/// Keys of the generations are made up: nothing here is compared with expected bytes.
enum TestGroup {
    static let client = senderID(0x25)
    static let server = senderID(0x52)
    static let otherServer = senderID(0x77)
    /// The first Partial IV.
    static let firstPartialIV = partialIV(0)
    static let request = Message(code: .get, options: Options(), payload: [])
    static let content = Message(code: .content, options: Options(), payload: Array("21.5".utf8))

    static func senderID(_ byte: UInt8) -> SenderID {
        guard let senderID = SenderID([byte]) else { fatalError("one byte is a Sender ID") }
        return senderID
    }

    static func partialIV(_ value: UInt64) -> PartialIV {
        guard let partialIV = PartialIV(value) else { fatalError("a small number is a Partial IV") }
        return partialIV
    }

    static func groupID(_ generation: UInt64, of group: UInt8 = 0xdd) -> GroupID {
        guard let groupID = GroupID([group, UInt8(truncatingIfNeeded: generation)]) else { fatalError("two bytes") }
        return groupID
    }

    /// The credential that the vector file has for a Sender ID.
    static func credential(_ senderID: SenderID) throws -> AuthenticationCredential {
        let member = try GroupVectors.shared.member(senderID.description)
        return try AuthenticationCredential(parsing: bytes(member.authCred).span, format: .ccs)
    }

    static func credentials() throws -> [SenderID: AuthenticationCredential] {
        try [client, server, otherServer].reduce(into: [:]) { $0[$1] = try credential($1) }
    }

    static func material(
        _ generation: UInt64, salt: [UInt8]? = nil, secret: UInt8 = 0, groupID: GroupID? = nil
    ) -> GroupKeyingMaterial {
        let masterSecret = (0..<16).map { UInt8($0) ^ UInt8(truncatingIfNeeded: generation) ^ secret }
        return GroupKeyingMaterial(
            keyGeneration: generation, groupID: groupID ?? self.groupID(generation), masterSecret: masterSecret.span,
            masterSalt: salt)
    }

    /// A member's bare context.
    ///
    /// - Parameters:
    ///   - member: Whose credential and private key.
    ///   - senderID: Its Sender ID, if it is not the one of the vector file.
    static func bareContext(
        _ material: borrowing GroupKeyingMaterial, member: SenderID, as senderID: SenderID? = nil,
        sequence: UInt64 = 0, windowSize: Int = 32
    ) throws(ContextError) -> GroupContext {
        var reservation = SequenceReservation(resumingAt: sequence)
        reservation.extend(to: sequence + 1000)
        guard let vector = try? GroupVectors.shared.member(member.description),
            let credential = try? credential(member),
            let key = try? Ed25519PrivateKey(seed: bytes(vector.ed25519Seed).span)
        else { throw .invalidCredential(.missing) }
        return try GroupContext(
            groupID: material.groupID, masterSecret: material.masterSecret.bytes, masterSalt: material.masterSalt,
            algorithms: algorithms, managerCredential: bytes(GroupVectors.shared.group.gmCred),
            keyGeneration: material.keyGeneration,
            senderID: senderID ?? member, credential: credential, privateKey: PrivateKey(key), reservation: reservation,
            replayWindowSize: windowSize)
    }

    static let algorithms = GroupAlgorithms(
        aead: .aesCCM_16_64_128, groupEncryption: GroupEncryptionAlgorithm(rawValue: 10), signature: .edDSA,
        pairwiseKeyAgreement: PairwiseKeyAgreementAlgorithm(rawValue: -27))

    /// A member's context with all others in it.
    static func context(
        _ generation: UInt64, member: SenderID, as senderID: SenderID? = nil, sequence: UInt64 = 0,
        others: [SenderID: AuthenticationCredential]? = nil
    ) throws -> GroupContext {
        let context = try bareContext(material(generation), member: member, as: senderID, sequence: sequence)
        for (other, credential) in try others ?? credentials() where other != member {
            try context.addRecipient(other, credential: credential)
        }
        return context
    }

    /// A member that has installed some generations, one second apart, beginning at 0.
    static func member(
        _ member: SenderID, generations: ClosedRange<UInt64>, policy: GroupGenerations.Policy = .init()
    ) throws -> GroupGenerations {
        var others = try credentials()
        others[member] = nil
        let group = GroupGenerations(name: "floor-2", credentials: MemberCredentials(others), policy: policy)
        for (seconds, generation) in generations.enumerated() {
            try group.install(generation, of: member, now: .seconds(seconds))
        }
        return group
    }
}

extension GroupGenerations {
    /// Installs the test material of a generation.
    func install(
        _ generation: UInt64, of member: SenderID, stale: Set<SenderID> = [], now: Duration = .seconds(100)
    ) throws {
        try install(TestGroup.material(generation), stale: stale, now: now) { material throws(ContextError) in
            try TestGroup.bareContext(material, member: member)
        }
    }

    /// Takes a request as it came from the network.
    func receive(request message: Message, now: Duration = .seconds(100)) throws -> GroupOSCORE.RequestVerdict {
        let body = message.body
        return verifyRequest(try ProtectedMessage(body.span), now: now).verdict
    }

    /// Takes a response as it came from the network.
    func receive(response message: Message, token: Token, now: Duration = .seconds(100)) throws -> ResponseDelivery {
        let body = message.body
        return receiveResponse(try ProtectedMessage(body.span), token: token, now: now)
    }
}

extension GroupContext {
    /// Takes a request as it came from the network.
    func receive(_ message: Message) throws -> GroupOSCORE.RequestVerdict {
        let body = message.body
        return verifyRequest(try ProtectedMessage(body.span))
    }
}

extension GroupOSCORE.RequestVerdict {
    /// The request, if it was verified.
    var request: GroupOSCORE.VerifiedRequest? {
        if case .verified(let request) = self { request } else { nil }
    }

    /// Why it was rejected.
    var failure: VerificationFailure? {
        if case .rejected(let failure) = self { failure } else { nil }
    }
}

extension ResponseDelivery {
    /// Whose response is delivered, and under which Gid it was verified.
    var delivered: (sender: SenderID, groupID: GroupID)? {
        switch self {
        case .deliver(let received), .deliverAsOlder(let received): (received.response.sender, received.groupID)
        default: nil
        }
    }

    /// Why it was rejected.
    var failure: VerificationFailure? {
        if case .rejected(let failure) = self { failure } else { nil }
    }
}
