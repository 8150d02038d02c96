import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// Groups with credentials of each format, and the manager's own in them.
struct CredentialFormatTests {
    private static let formats: [CredentialFormat] = [.ccs, .cwt, .c509, .c509Bag]

    private static let signatures: [(SignatureAlgorithm, AlgorithmCapabilities)] = [
        (.edDSA, .ed25519), (.es256, AlgorithmCapabilities(algorithm: [2], key: [2, 1])),
        (.es384, AlgorithmCapabilities(algorithm: [2], key: [2, 2])),
        (.es512, AlgorithmCapabilities(algorithm: [2], key: [2, 3])),
    ]

    private static func configuration(
        _ format: CredentialFormat, _ signature: (SignatureAlgorithm, AlgorithmCapabilities) = signatures[0]
    ) -> GroupConfiguration {
        var configuration = GroupConfiguration(groupName: "g9", active: true)
        configuration.credentialFormat = format
        configuration.groupMode = GroupKeyMap.GroupMode(
            encryption: .aesCCM_16_64_128, signature: signature.0, signatureParameters: signature.1)
        return configuration
    }

    private static func create(_ configuration: GroupConfiguration, _ manager: TestManager) throws -> AdminResponse {
        try manager.ask(.post, "gosc/groups", CreateGroupRequest(configuration: configuration).encoded())
    }

    /// Of the group's format and with a key of its kind; there before the first member is.
    @Test(.requirement("GOSC-0052", "GOSC-0054"), arguments: formats, signatures.indices)
    func theManagerHasACredentialOfTheGroup(format: CredentialFormat, index: Int) throws {
        let manager = try TestManager(seed: 181)
        #expect(try Self.create(Self.configuration(format, Self.signatures[index]), manager).code == .created)
        let record = manager.store.groups["g9"]?.credential
        guard format != .ccs || index > 0 else {
            #expect(record == nil)
            return
        }
        let own = try #require(record)
        let key = try #require(KeyKind.allCases.first { Self.signatures[index].0.isUsable(with: $0) })
        let secret = own.privateKey
        let publicKey = try PrivateKey(key, secret: secret.bytes).publicKey
        let bytes = own.credential
        let credential = try CredentialReader.standard.credential(bytes.span, format: format)
        #expect(credential.publicKey == publicKey && credential.bytes == bytes)
        #expect(credential.subject == "manager")
    }

    /// What members get is that credential, and the proof that the manager has its key.
    @Test(.requirement("GM-0105", "GM-0144", "GOSC-0052"), arguments: formats)
    func theManagerProvesItToMembers(format: CredentialFormat) throws {
        let fixture = try Fixture(seed: 182)
        let group = try fixture.createGroup(format)
        let client = try fixture.holder("n1", of: group)
        let payload = try client.join(fixture.manager, group, with: client.credential(format)).payload
        let answer = try JoinResponse(decoding: payload.span)
        let told = answer.kdcCredential
        let credential = try CredentialReader.standard.credential(told.span, format: format)
        let input = ProofOfPossession.managerInput(
            clientNonce: Array<UInt8>(1...8).span, kdcNonce: answer.kdcNonce.span)
        let isProven = credential.publicKey.isValidSignature(answer.kdcEvidence.span, for: input.span)
        #expect(isProven && answer.key.credentialFormat == format)
    }

    /// A format that this manager cannot read, or that no key of the group can have.
    @Test(.requirement("GM-0432", "GOSC-0051"))
    func groupsThatTheManagerHasNoCredentialForAreRefused() throws {
        let manager = try TestManager(seed: 183)
        let before = manager.store
        var agreeing = Self.configuration(.cwt)
        agreeing.groupMode = nil
        agreeing.pairwiseMode = GroupConfiguration.defaultPairwiseMode
        let refused =
            [.x509, .x509Bag, CredentialFormat(rawValue: 34)].map { Self.configuration($0) } + [agreeing]
        for configuration in refused {
            let answer = try Self.create(configuration, manager)
            #expect(answer.code == .serviceUnavailable)
            let payload = answer.payload
            #expect(try ProblemDetails(decoding: payload.span).error == .unsupportedConfiguration)
            #expect(manager.store == before)
        }
    }

    private struct BrokenMaker: CredentialMaker {
        func canMake(for kind: KeyKind) -> Bool { true }

        func credential(of key: borrowing PrivateKey, subject: String) throws(CredentialError) -> [UInt8] {
            throw .unsupportedKey
        }
    }

    @Test func aCredentialThatCannotBeMadeEndsInAnAnswer() throws {
        let manager = try TestManager(seed: 184) {
            $0.credentialMakers = .standard.adding(BrokenMaker(), for: .cwt)
        }
        let before = manager.store
        #expect(try Self.create(Self.configuration(.cwt), manager).code == .internalServerError)
        #expect(manager.store == before)
    }

    private struct Ones: RandomNumberGenerator {
        mutating func next() -> UInt64 { .max }
    }

    /// No scalar of P-256 is that large, however often it is drawn.
    @Test func aKeyThatCannotBeDrawnEndsInAnAnswer() throws {
        let manager = try TestManager(seed: 185)
        let request = CreateGroupRequest(configuration: Self.configuration(.ccs, Self.signatures[1])).encoded()
        var effects: [ManagerEffect] = []
        var ones = Ones()
        manager.engine.administer(
            AdminRequest(code: .post, path: ["gosc", "groups"], payload: request), id: AdminRequestID(7),
            at: manager.now, wallClock: manager.wallClock, random: &ones, effects: &effects)
        let codes = effects.compactMap { if case .answer(_, let answer) = $0 { answer.code } else { nil } }
        #expect(codes == [.internalServerError])
        #expect(!effects.contains { if case .commit = $0 { true } else { false } })
    }
}
