import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// The groups of the catalogue's examples, and an authorization server that gives out any token.
///
/// g7 has both modes and the keys of the byte examples, sg is signature-only, pw is pairwise-only, g8 is any other group.
final class Fixture {
    let manager: TestManager
    private var random: SeededGenerator
    private var clients: UInt64 = 0

    static let issuer = "as.example"
    static let issuerKey = AccessTokenKey.shared(
        keyID: nil, algorithm: .aesCCM_16_64_128, key: SecretField(copying: [UInt8](repeating: 0xa5, count: 16).span))
    /// 41..60: of the manager, in g7 as Ed25519 and in pw as X25519.
    static let managerSeed = [UInt8](0x41...0x60)
    /// 01..20: of the client of the byte examples.
    static let clientSeed = [UInt8](0x01...0x20)
    static let masterSecret = [UInt8](0x10...0x1f)
    static let masterSalt: [UInt8] = [0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40]
    static let groupID: [UInt8] = [0xb1, 0x00, 0x00]

    init(
        seed: UInt64 = 1, settings change: (inout ManagerSettings) -> Void = { _ in },
        g7: (inout GroupConfiguration) -> Void = { _ in }
    ) throws {
        random = SeededGenerator(seed: seed ^ 0xa5)
        manager = try TestManager(seed: seed) {
            $0.authorizationServers = [
                AuthorizationServer(issuer: Self.issuer, key: Self.issuerKey, uri: "coap://as.example/token")
            ]
            change(&$0)
        }
        try manager.createGroup("g7") {
            $0.pairwiseMode = GroupConfiguration.defaultPairwiseMode
            g7(&$0)
        }
        try manager.createGroup("sg")
        try manager.createGroup("pw") {
            $0.groupMode = nil
            $0.pairwiseMode = GroupConfiguration.defaultPairwiseMode
        }
        try manager.createGroup("g8")
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].groupID = Self.groupID
            snapshot.groups[index].masterSecret = SecretField(copying: Self.masterSecret.span)
            snapshot.groups[index].masterSalt = Self.masterSalt
            let seed = Self.managerSeed
            snapshot.identity?.signingSeed = SecretField(copying: seed.span)
            snapshot.identity?.credential = try Self.managerCredential(.ed25519)
            snapshot.groupCredentials = [
                GroupCredentialRecord(
                    groupName: "pw", curve: 4, privateKey: SecretField(copying: seed.span),
                    credential: try Self.managerCredential(.x25519))
            ]
        }
    }

    static func managerCredential(_ kind: KeyKind) throws -> [UInt8] {
        let key = try key(kind)
        return AuthenticationCredential.ccs(subject: "gm-1", publicKey: key.publicKey).bytes
    }

    /// The manager's key of a kind.
    static func key(_ kind: KeyKind) throws -> PrivateKey {
        let seed = managerSeed
        return try PrivateKey(kind, secret: seed.span)
    }

    /// A client that no token was made for yet.
    func stranger(
        _ name: String, kind: KeyKind = .ed25519, secret: [UInt8]? = nil, address: IPv6Address = .loopback
    ) throws -> TestClient {
        clients += 1
        let client = try TestClient(
            seed: 7_000 + clients, name: name, kind: kind, secret: secret,
            address: SocketAddress(address, port: UInt16(41_000 + clients % 20_000)))
        client.material = OSCOREInputMaterial(
            id: client.bytes(8), masterSecret: client.bytes(16), salt: client.bytes(8))
        client.managerKey = try Self.key(.x25519).publicKey
        return client
    }

    /// A client that has uploaded a token for these entries.
    func client(_ name: String, _ scope: [(String, UInt64)], kind: KeyKind = .ed25519) throws -> TestClient {
        let client = try stranger(name, kind: kind)
        client.token = try token(for: client, name, scope)
        try client.upload(manager)
        return client
    }

    /// A client that has joined with all that its token grants.
    func member(_ name: String, _ roles: Roles = [.requester, .responder], in group: String = "g7") throws -> TestClient
    {
        let client = try client(name, [(group, roles.rawValue)], kind: group == "pw" ? .x25519 : .ed25519)
        let answer = try client.join(manager, group: group, roles: roles)
        try #require(answer.code == .created)
        return client
    }

    /// The claims of a token that is good.
    func claims(_ client: TestClient, _ name: String, _ scope: [(String, UInt64)]) throws -> AccessTokenClaims {
        AccessTokenClaims(
            issuer: Self.issuer, subject: name, audience: "gosc", expiration: manager.wallClock.seconds + 3_600,
            issuedAt: manager.wallClock.seconds, tokenID: random.eightBytes(),
            confirmation: .inputMaterial(try #require(client.material)),
            scope: ScopeClaim(content: Self.content(scope)))
    }

    /// A token for these entries.
    func token(
        for client: TestClient, _ name: String, _ scope: [(String, UInt64)],
        change: (inout AccessTokenClaims) -> Void = { _ in }
    ) throws -> [UInt8] {
        var claims = try claims(client, name, scope)
        change(&claims)
        return try seal(claims)
    }

    func seal(_ claims: AccessTokenClaims, key: AccessTokenKey = issuerKey) throws -> [UInt8] {
        try AccessToken.seal(claims, key: key, random: &random)
    }

    /// A token of claims that no sane authorization server makes: one of them is replaced, or left out.
    func seal(_ claims: AccessTokenClaims, replacing label: Int64, by value: CBORValue?) throws -> [UInt8] {
        let bytes = claims.encoded()
        var map = try #require(try CBORValue(decoding: bytes.span).mapValue)
        map[label] = value
        let content = CBORValue.map(map).encoded()
        guard case .shared(_, let algorithm, let secret) = Self.issuerKey else { return [] }
        return try Encrypt0Message(
            sealing: content.span, algorithm: algorithm, key: secret.bytes, keyID: nil,
            nonce: random.eightBytes() + [1, 2, 3, 4, 5]
        ).encoded()
    }

    /// The content of a scope: an array of entries.
    static func content(_ scope: [(String, UInt64)]) -> [UInt8] {
        CBORValue.array(scope.map { .array([.text($0.0), .unsigned($0.1)]) }).encoded()
    }

    /// Uploads a token and answers what the manager says to it.
    func upload(
        _ token: [UInt8], as client: TestClient, recipientID: [UInt8]? = [0x01],
        nonce1: [UInt8]? = [1, 2, 3, 4, 5, 6, 7, 8]
    ) throws -> Message {
        let upload = TokenUpload(
            token: token, nonce1: nonce1, clientRecipientID: recipientID, asksForSignInfo: false,
            asksForECDHInfo: false, asksForDHCredentials: false)
        return try client.open.askOpenly(manager, client.uploadMessage(upload))
    }
}

extension TestManager {
    /// The manager as it starts with a store in which something is different.
    func change(_ change: (inout ManagerSnapshot) throws -> Void) throws {
        var snapshot = store.snapshot
        try change(&snapshot)
        try restart(with: snapshot)
    }

    /// Sets a group active or not, and starts again.
    func setActive(_ active: Bool, _ group: String = "g7") throws {
        try configure(group) { $0.active = active }
    }

    /// Changes the configuration of a group, and starts again.
    func configure(_ group: String, _ change: (inout GroupConfiguration) -> Void) throws {
        try self.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == group })
            let bytes = snapshot.groups[index].configuration
            var configuration = try GroupConfiguration(decodingRepresentation: bytes.span)
            change(&configuration)
            snapshot.groups[index].configuration = configuration.encodedRepresentation()
        }
    }

    /// Has every departure followed by new keys, whatever was promised with those before.
    func rekeyAtOnce() throws {
        try change { snapshot in
            for index in snapshot.groups.indices { snapshot.groups[index].rekeyingPolicy.overlap = 0 }
        }
    }

    /// What the store holds, without how far associations have come.
    var substance: ManagerState {
        get throws {
            var snapshot = store.snapshot
            snapshot.associations = []
            for index in snapshot.clients.indices {
                snapshot.clients[index].replayWindow = ReplayWindowRecord(
                    size: 32, highest: nil, words: [0], isValid: true)
                snapshot.clients[index].reservedSequenceEnd = 0
            }
            return try ManagerState(loading: snapshot)
        }
    }

    func member(_ name: String, in group: String = "g7") -> MemberRecord? { store.groups[group]?.members[name] }
}

extension Message {
    /// The number in the problem details of an error; `nil` if there is none.
    var problem: UInt64? {
        guard options.contentFormat == .problemDetails else { return nil }
        let bytes = payload
        return (try? ProblemDetails(decoding: bytes.span))?.error?.rawValue
    }

    /// The payload as a map.
    var map: CBORMap {
        get throws {
            let bytes = payload
            return try #require(try CBORValue(decoding: bytes.span).mapValue)
        }
    }
}

extension CBORMap {
    /// The integer keys, in order of their value.
    var labels: [Int64] { keys.compactMap(\.integer).sorted() }
}

extension SeededGenerator {
    mutating func eightBytes() -> [UInt8] { (0..<8).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// Bytes as the catalogue writes them.
func hex(_ text: String) -> [UInt8] { Hex.decode(text.filter { !$0.isWhitespace }) ?? [] }
