import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE

/// The key schedule of the Deterministic Client (draft-ietf-core-cacheable-oscore §3.4): a Sender Key that is no member's,
/// and from it one key for each request.
struct DeterministicKeys {
    let client: DeterministicClient
    let senderKey: DerivedKey
    private let hash: HashKind
    private let aead: AEADAlgorithm
    private let keyLength: Int
    private let schedule: KeySchedule

    /// Derives the Sender Key; refuses what no context takes for a Deterministic Client.
    init(_ client: DeterministicClient, _ keys: GroupKeys) throws(WorkbenchFailure) {
        let algorithms = keys.input.algorithms
        guard algorithms.hasGroupMode, algorithms.hasPairwiseMode else {
            throw WorkbenchFailure(.context, "\"deterministic_client\" needs a group with both modes")
        }
        guard let maximum = algorithms.maximumSenderIDCount, client.senderID.count <= maximum else {
            throw WorkbenchFailure(ContextError.identifierTooLong)
        }
        guard let main = algorithms.main, let aead = algorithms.aead, let keyLength = aead.keyLength,
            let hash = client.hashAlgorithm.hash
        else { throw WorkbenchFailure(ContextError.unsupportedAlgorithm) }
        senderKey = try keys.schedule.derive(
            Self.senderKeyName, id: client.senderID.bytes, algorithm: main.rawValue, type: "Key", count: main.keyLength)
        self.client = client
        self.hash = hash
        self.aead = aead
        self.keyLength = keyLength
        schedule = keys.schedule
    }

    /// What is hashed for a request, and its hash.
    func requestHash(externalAAD: [UInt8], plaintext: [UInt8]) -> (input: [UInt8], hash: [UInt8]) {
        let input = senderKey.value + externalAAD + plaintext
        return (input, hash.hash(input.span))
    }

    /// The key of the request with this hash.
    func requestKey(_ requestHash: [UInt8]) throws(WorkbenchFailure) -> DerivedKey {
        try schedule.derive(
            "deterministic_key", salt: senderKey.value, secret: requestHash, id: client.senderID.bytes,
            algorithm: aead.rawValue, type: "Key", count: keyLength)
    }

    /// Beside `sender_keys`, not in it, so that nobody takes it for a member's.
    static let senderKeyName = "deterministic_client_sender_key"
}

extension GroupKeys {
    /// The keys of the Deterministic Client; `nil` if the group has none.
    func deterministic() throws(WorkbenchFailure) -> DeterministicKeys? {
        guard let client = input.deterministicParameters else { return nil }
        return try DeterministicKeys(client, self)
    }
}

extension MessageParts {
    /// The value of the Request-Hash option of a request in the name of `client`; `nil` for any other request.
    func requestHash(inTheNameOf client: SenderID?) -> [UInt8]? {
        guard let client, let oscore, !oscore.isGroupMode, oscore.kid == client.bytes else { return nil }
        return options.first { $0.number == .requestHash }?.value
    }
}

extension Explanation {
    /// Adds how the key of a deterministic request comes about.
    ///
    /// - Parameters:
    ///   - option: The value of the Request-Hash option.
    ///   - trace: What was computed. Empty if the request was refused before its key was needed; without plaintext if it
    ///     could not be decrypted, so that nothing was hashed.
    mutating func add(
        _ keys: DeterministicKeys, option: [UInt8], _ trace: MessageTrace
    ) throws(WorkbenchFailure) {
        add(keys.senderKey)
        add("Request-Hash option", option)
        guard !trace.externalAAD.isEmpty else { return }
        if !trace.plaintext.isEmpty {
            let (input, hash) = keys.requestHash(externalAAD: trace.externalAAD, plaintext: trace.plaintext)
            add(
                secret: "input of Request-Hash", input,
                note: "the Sender Key of the Deterministic Client, external_aad, plaintext")
            let name = keys.client.hashAlgorithm.name
            add("Request-Hash", hash, note: hash == option ? name : "\(name); not that of the option, so it is refused")
        }
        let key = try keys.requestKey(option)
        add("keying material of \(key.name)", option, note: "the value of the Request-Hash option")
        add(secret: "salt of \(key.name)", key.salt, note: "the Sender Key of the Deterministic Client")
        add(key)
    }
}
