import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// Credentials in chains and bags, and alone: what the manager keeps of them and hands out (decision 33).
struct CredentialContainerTests {
    typealias Accepted = CredentialVectors.Accepted

    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 161)
        manager = fixture.manager
    }

    static let provable = [CredentialVectors.cwt, .c509].flatMap(\.credentials).filter {
        $0.key.kind == "ed25519" && $0.key.private != nil && $0.name != "expired"
    }
    static let containers = provable.filter(\.isContainer)
    /// One of each format.
    static let oneOfEach = [13, 14, 24, 25].compactMap { format in containers.first { $0.format == format } }

    private func holder(_ vector: Accepted, of group: String) throws -> TestClient {
        let secret = try #require(vector.key.private.flatMap { Hex.decode($0) })
        return try fixture.holder("holder", of: group, secret: secret)
    }

    private func credentials(in answer: Message) throws -> [[UInt8]] {
        try answer.map[13]?.arrayItems?.compactMap(\.byteString) ?? []
    }

    @Test func vectorsAreThere() {
        #expect(Self.containers.count >= 12 && Self.oneOfEach.count == 4)
    }

    @Test(.requirement("GM-0150", "GM-0191", "GOSC-0060"), arguments: containers)
    func theWholeContainerIsStoredAndServed(vector: Accepted) throws {
        let format = CredentialFormat(rawValue: vector.format)
        let group = try fixture.createGroup(format)
        let container = vector.inputBytes
        #expect(try holder(vector, of: group).join(manager, group, with: container).code == .created)
        #expect(manager.member("holder", in: group)?.credential == container)
        try manager.restart()
        let reader = try fixture.holder("reader", of: group)
        let own = try reader.credential(format)
        #expect(try credentials(in: reader.join(manager, group, with: own)) == [container])
        #expect(try credentials(in: reader.ask(manager, .get, "ace-group/\(group)/creds")) == [container, own])
        let filter = CBORValue(dictionaryLiteral: (4, [true, [], [.bytes([0])]])).encoded()
        let fetched = try reader.ask(manager, .fetch, "ace-group/\(group)/creds", filter, format: .aceGroupcomm)
        let served = try credentials(in: fetched)
        #expect(served == [container])
        // Members store and authenticate the end entity's, and nothing of what is around it.
        let bytes = try #require(served.first)
        let kept = try AuthenticationCredential(parsing: bytes.span, format: format).bytes
        #expect(kept == vector.credentialBytes)
    }

    @Test(.requirement("GOSC-0059", "GM-0192"), arguments: provable.filter { !$0.isContainer })
    func aCredentialAloneIsKeptAsMembersKeepIt(vector: Accepted) throws {
        let group = try fixture.createGroup(CredentialFormat(rawValue: vector.format))
        #expect(try holder(vector, of: group).join(manager, group, with: vector.inputBytes).code == .created)
        #expect(manager.member("holder", in: group)?.credential == vector.credentialBytes)
    }

    @Test(.requirement("GM-0191", "GM-0194"), arguments: oneOfEach)
    func anUpdateBringsItsContainer(vector: Accepted) throws {
        let group = try fixture.createGroup(CredentialFormat(rawValue: vector.format))
        let client = try holder(vector, of: group)
        #expect(try client.join(manager, group, with: vector.credentialBytes).code == .created)
        #expect(manager.member("holder", in: group)?.credential == vector.credentialBytes)
        for credential in [vector.inputBytes, vector.credentialBytes] {
            #expect(try client.update(manager, group, name: "holder", to: credential).code == .changed)
            #expect(manager.member("holder", in: group)?.credential == credential)
            let served = try credentials(in: client.ask(manager, .get, "ace-group/\(group)/creds"))
            #expect(served == [credential])
        }
    }

    /// Without a proof a member may name the credential that it has, in whatever it is; what is stored stays.
    @Test(.requirement("GM-0087", "GM-0088"), arguments: oneOfEach)
    func aMemberNamesItsCredentialWithoutProof(vector: Accepted) throws {
        let group = try fixture.createGroup(CredentialFormat(rawValue: vector.format))
        let client = try holder(vector, of: group)
        let container = vector.inputBytes
        #expect(try client.join(manager, group, with: container).code == .created)
        for (index, credential) in [[], container, vector.credentialBytes].enumerated() {
            let answer = try client.join(manager, group, with: credential, nonce: [UInt8(index)], proves: false)
            #expect(answer.code == .changed)
            #expect(manager.member("holder", in: group)?.credential == container)
        }
        let before = try manager.substance
        let stranger = try fixture.stranger("stranger").credential(CredentialFormat(rawValue: vector.format))
        let long = container + [UInt8](repeating: 0, count: 5_000)
        for credential in [stranger, container + [0], Array(container.dropLast()), long] {
            let answer = try client.join(manager, group, with: credential, nonce: [9], proves: false)
            #expect(answer.code == .badRequest && answer.options.contentFormat == .aceGroupcomm)
            #expect(try manager.substance == before)
        }
    }

    /// The same join again is the same, whatever the credential is in.
    @Test(.requirement("GM-0129", "GM-0191"), arguments: oneOfEach)
    func theSameJoinAgainTakesNoSenderID(vector: Accepted) throws {
        let group = try fixture.createGroup(CredentialFormat(rawValue: vector.format))
        let client = try holder(vector, of: group)
        let keys = try client.join(manager, group, with: vector.inputBytes).map[8]
        for credential in [vector.inputBytes, vector.credentialBytes] {
            #expect(try client.join(manager, group, with: credential).map[8] == keys)
            // What was proven last is what is handed out.
            #expect(manager.member("holder", in: group)?.credential == credential)
        }
        #expect(try client.join(manager, group, with: vector.inputBytes, nonce: [3]).map[8] != keys)
    }

    /// The key of a member is the end entity's, where the manager proves its own by a MAC, too.
    @Test(.requirement("GM-0133", "GM-0191", "GM-0294"))
    func theSecretIsSharedWithTheEndEntity() throws {
        let client = try fixture.client("p", [("pw", 6)], kind: .x25519)
        let own = client.credential.bytes
        var endEntity = try #require(try CBORValue(decoding: own.span).mapValue)
        endEntity[1] = "authority"
        let authority = try fixture.stranger("authority").credential(.ccs)
        var named = try #require(try CBORValue(decoding: authority.span).mapValue)
        named[2] = "authority"
        let chain = CBORValue.array([.map(endEntity), .map(named)]).encoded()
        #expect(try client.join(manager, "pw", with: chain).code == .created)
        #expect(manager.member("p", in: "pw")?.credential == chain)
        let answer = try client.ask(manager, .get, "ace-group/pw/kdc-cred").map
        let nonce = try #require(answer[18]?.byteString)
        let input = ProofOfPossession.managerInput(clientNonce: Array<UInt8>(1...8).span, kdcNonce: nonce.span)
        let seed = client.seed
        let mac = try ProofOfPossession.mac(
            own: PrivateKey(.x25519, secret: seed.span), peer: Fixture.key(.x25519).publicKey, input: input.span)
        #expect(answer[19]?.byteString == mac)
    }
}
