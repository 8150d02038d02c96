import CBOR
import COSE
import CryptoPrimitives
import GroupOSCORE
import OSCORE

/// A group of two members that know each other.
struct BenchmarkGroup {
    struct Member {
        let senderID: SenderID
        let seed: [UInt8]
        let credential: AuthenticationCredential
    }

    static let groupID: [UInt8] = [0x10, 0x20, 0x30]
    private static let masterSecret = [UInt8](repeating: 9, count: 16)
    private static let masterSalt: [UInt8] = [1, 2, 3, 4]
    private static let managerCredential = [UInt8](repeating: 0x5a, count: 60)

    let client: Member
    let server: Member
    private let algorithms = GroupAlgorithms(
        aead: .aesCCM_16_64_128, groupEncryption: .aesCCM_16_64_128, signature: .edDSA,
        pairwiseKeyAgreement: .ecdhSSHKDF256)

    init() throws {
        client = try Self.member(Exchange.client, "switch")
        server = try Self.member(Exchange.server, "lamp")
    }

    /// A context whose windows have seen nothing.
    func context(of member: Member, knowing other: Member) throws -> GroupContext {
        guard let groupID = GroupID(Self.groupID) else { throw BenchmarkError.fixture }
        let context = try GroupContext(
            groupID: groupID, masterSecret: Self.masterSecret.span, masterSalt: Self.masterSalt, algorithms: algorithms,
            managerCredential: Self.managerCredential, senderID: member.senderID, credential: member.credential,
            privateKey: PrivateKey(.ed25519, secret: member.seed.span), reservation: Exchange.reservation)
        try context.addRecipient(other.senderID, credential: other.credential)
        return context
    }

    /// What a signature checker is told of the group.
    func checked() throws -> CheckedGroup {
        guard let groupID = GroupID(Self.groupID) else { throw BenchmarkError.fixture }
        let none: [UInt8] = []
        let key = try KeyDerivation.derive(
            .sha256, salt: Self.masterSalt.span, secret: Self.masterSecret.span, id: none.span,
            idContext: groupID.bytes,
            algorithm: GroupEncryptionAlgorithm.aesCCM_16_64_128.rawValue, type: "SEKey", count: 16)
        let group = try CheckedGroup(
            groupID: groupID, signatureEncryptionKey: key.bytes, algorithms: algorithms,
            managerCredential: Self.managerCredential)
        try group.setCredential(client.credential, of: client.senderID)
        try group.setCredential(server.credential, of: server.senderID)
        return group
    }

    /// The `aad_array` of RFC 10021 §3.4; only its length matters.
    func externalAAD(sender: Member, optionValue: Int) -> [UInt8] {
        var aad = CBORWriter()
        let numbers: [Int?] = [
            algorithms.aead?.rawValue, algorithms.groupEncryption?.rawValue, algorithms.signature?.rawValue,
            algorithms.pairwiseKeyAgreement?.rawValue,
        ]
        aad.write([
            1, .array(numbers.map { $0.map { CBORValue($0) } ?? .null }), .bytes(Exchange.client),
            .bytes([0x03, 0xe8]), .bytes([]), .bytes(Self.groupID),
            .bytes([UInt8](repeating: 0, count: optionValue)), .bytes(sender.credential.bytes),
            .bytes(Self.managerCredential),
        ])
        return aad.bytes
    }

    private static func member(_ id: [UInt8], _ name: String) throws -> Member {
        let seed = [UInt8](repeating: id[0], count: 32)
        let publicKey = try Ed25519PrivateKey(seed: seed.span).publicKey
        return Member(
            senderID: try Exchange.senderID(id), seed: seed,
            credential: .ccs(subject: name, publicKey: publicKey))
    }
}
