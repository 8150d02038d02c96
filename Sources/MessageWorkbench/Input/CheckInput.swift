import COSE
import GroupOSCORE
import OSCORE

/// What a signature checker is told of a group under one Gid (RFC 10021 §12.3). No Master Secret: if a line has one, it is
/// not looked at.
struct CheckContextInput: Hashable {
    var groupID: [UInt8]
    /// The Gid that a rekeying has replaced by this one.
    var previousGroupID: [UInt8]?
    var signatureEncryptionKey: [UInt8]
    var algorithms: GroupAlgorithms
    var managerCredential: [UInt8]
    var credentialRules: CredentialRules
    var countersignItems: Int
    var deterministicClient: SenderID?
    /// Without private keys.
    var members: [GroupContextInput.Member]

    init(_ fields: Fields) throws(WorkbenchFailure) {
        groupID = try fields.required("gid", fields.bytes("gid"))
        previousGroupID = try fields.bytes("previous_gid")
        signatureEncryptionKey = try fields.required(
            "signature_encryption_key", fields.bytes("signature_encryption_key"))
        algorithms = try fields.algorithms()
        managerCredential = try fields.required("gm_cred", fields.bytes("gm_cred"))
        guard !managerCredential.isEmpty else { throw fields.failure("gm_cred", "must not be empty") }
        credentialRules = try CredentialRules(fields)
        countersignItems = try fields.countersignItems()
        deterministicClient = try fields.senderID("deterministic_client")
        members = try fields.members().map(\.member)
    }

    func member(_ id: SenderID) -> GroupContextInput.Member? {
        members.first { $0.id == id }
    }
}

extension Fields {
    /// The algorithms of a group, out of `algs`, or from beside the other fields of the context, or both.
    fileprivate func algorithms() throws(WorkbenchFailure) -> GroupAlgorithms {
        let inner = try object("algs")
        // GOSC-0330: unset ones stay null; without HKDF there is no keystream.
        let hkdf = try agreed("hkdf", inner?.hkdf(), hkdf()) ?? GroupContextInput.defaultHKDF
        let groupEncryption = try agreed("group_enc", inner?.algorithm("group_enc"), algorithm("group_enc"))
        let aead = try agreed("aead", inner?.algorithm("aead"), algorithm("aead"))
        let signature = try agreed(
            "sign", inner?.algorithm("sign", "signature"), algorithm("sign", "signature"))
        let keyAgreement = try agreed(
            "key_agreement", inner?.algorithm("key_agreement", "pairwise"), algorithm("key_agreement", "pairwise"))
        return GroupAlgorithms(
            aead: aead.map { AEADAlgorithm(rawValue: $0) },
            groupEncryption: groupEncryption.map { GroupEncryptionAlgorithm(rawValue: $0) },
            signature: signature.map { SignatureAlgorithm(rawValue: $0) },
            pairwiseKeyAgreement: keyAgreement.map { PairwiseKeyAgreementAlgorithm(rawValue: $0) },
            hkdf: HKDFAlgorithm(rawValue: hkdf))
    }

    private func agreed(_ name: String, _ inner: Int?, _ beside: Int?) throws(WorkbenchFailure) -> Int? {
        guard let inner, let beside, inner != beside else { return inner ?? beside }
        throw failure(name, "is another number than in \"algs\"")
    }
}

/// What a line says of the request that a checked response answers.
enum CheckedRequestInput {
    /// The request itself, as it passed by.
    case message(PlainDatagram)
    /// What the caller knows of it, and vouches for.
    case known(RequestInput)
    /// One that an earlier line checked.
    case remembered
}

/// The fields of a line that asks for a check.
struct CheckInput {
    var direction: MessageDirection
    var context: CheckContextInput
    /// The CoAP message.
    var message: PlainDatagram
    /// Of a response.
    var request: CheckedRequestInput
    /// Who answered, where the response does not say so.
    var peer: SenderID?
    /// Who asked: clients choose their Tokens alone. Any text.
    var client: String
    /// Whether the responses behind this request may belong to it.
    var remembers: Bool

    init(_ fields: Fields, remembers: Bool) throws(WorkbenchFailure) {
        direction = try fields.required("direction", fields.choice("direction"))
        context = try CheckContextInput(fields.required("context", fields.object("context")))
        message = try PlainDatagram(decoding: fields.required("message", fields.bytes("message")))
        try message.require(direction)
        peer = try fields.senderID("peer")
        client = try fields.text("client") ?? ""
        self.remembers = try fields.bool("remember") ?? remembers
        request = .remembered
        guard direction == .response else { return }
        if fields.isText("request") {
            let datagram = try PlainDatagram(
                decoding: fields.required("request", fields.bytes("request")), field: "request")
            try datagram.require(.request, field: "request")
            request = .message(datagram)
        } else if let known = try fields.object("request") {
            request = .known(try RequestInput(known))
        }
    }
}
