import OSCORE

/// The context object of a line: that of a pair, or that of a group. Equal objects mean the same context, whatever else
/// they say.
enum ContextInput: Hashable {
    case pair(PairContextInput)
    case group(GroupContextInput)

    /// A group has a `gid`, a pair has identifiers of sender and recipient.
    init(_ fields: Fields) throws(WorkbenchFailure) {
        let identifiers = (try fields.bytes("sender_id"), try fields.bytes("recipient_id"))
        if try fields.bytes("gid") != nil {
            self = .group(try GroupContextInput(fields))
        } else if identifiers.0 != nil || identifiers.1 != nil {
            self = .pair(try PairContextInput(fields))
        } else {
            throw WorkbenchFailure(
                .field, "\"context\" needs \"gid\" for a group, or \"sender_id\" and \"recipient_id\" for plain OSCORE")
        }
    }
}

extension ContextInput {
    /// The Gid; `nil` for a pair.
    var groupID: [UInt8]? {
        if case .group(let group) = self { group.groupID } else { nil }
    }
}

/// The input parameters of a plain OSCORE context (RFC 8613 §3.2).
struct PairContextInput: Hashable {
    var masterSecret: [UInt8]
    var masterSalt: [UInt8]
    var senderID: SenderID
    var recipientID: SenderID
    var idContext: [UInt8]?
    /// COSE numbers.
    var aead: Int
    var hkdf: Int

    init(_ fields: Fields) throws(WorkbenchFailure) {
        masterSecret = try fields.required("master_secret", fields.bytes("master_secret"))
        masterSalt = try fields.bytes("master_salt") ?? []
        senderID = try fields.required("sender_id", fields.senderID("sender_id"))
        recipientID = try fields.required("recipient_id", fields.senderID("recipient_id"))
        idContext = try fields.bytes("id_context")
        let algorithms = try fields.object("algs")
        aead = try algorithms?.algorithm("aead") ?? Self.defaultAEAD
        hkdf = try algorithms?.hkdf() ?? GroupContextInput.defaultHKDF
    }

    /// The same context with the roles as `me` sees them: one object serves both ends.
    func seen(by me: SenderID?) throws(WorkbenchFailure) -> Self {
        guard let me, me != senderID else { return self }
        guard me == recipientID else {
            throw WorkbenchFailure(
                .context, "\"me\" is neither the \"sender_id\" nor the \"recipient_id\" of the context")
        }
        var swapped = self
        (swapped.senderID, swapped.recipientID) = (recipientID, senderID)
        return swapped
    }

    /// AES-CCM-16-64-128 (RFC 8613 §3.2).
    private static let defaultAEAD = 10
}

/// What the members of a group share, and the members (RFC 10021 §2).
struct GroupContextInput: Hashable {
    struct Member: Hashable {
        var id: SenderID
        /// The credential exactly as distributed.
        var credential: [UInt8]
        var privateKey: [UInt8]?
    }

    var groupID: [UInt8]
    var masterSecret: [UInt8]
    var masterSalt: [UInt8]
    /// COSE numbers; `nil` where the group has not set the algorithm.
    var hkdf: Int
    var groupEncryption: Int?
    var aead: Int?
    var signature: Int?
    var keyAgreement: Int?
    var managerCredential: [UInt8]
    var credentialRules: CredentialRules
    var countersignItems: Int
    /// The identifier in whose name deterministic requests are sent; `nil` if the group has none.
    var deterministicClient: SenderID?
    /// What hashes them.
    var requestHash: Int
    var members: [Member]

    init(_ fields: Fields) throws(WorkbenchFailure) {
        groupID = try fields.required("gid", fields.bytes("gid"))
        masterSecret = try fields.required("master_secret", fields.bytes("master_secret"))
        masterSalt = try fields.bytes("master_salt") ?? []
        let algorithms = try fields.required("algs", fields.object("algs"))
        hkdf = try algorithms.hkdf() ?? Self.defaultHKDF
        groupEncryption = try algorithms.algorithm("group_enc")
        aead = try algorithms.algorithm("aead")
        signature = try algorithms.algorithm("sign", "signature")
        keyAgreement = try algorithms.algorithm("key_agreement", "pairwise")
        managerCredential = try fields.required("gm_cred", fields.bytes("gm_cred"))
        guard !managerCredential.isEmpty else { throw fields.failure("gm_cred", "must not be empty") }
        credentialRules = try CredentialRules(fields)
        countersignItems = try fields.countersignItems()
        deterministicClient = try fields.senderID("deterministic_client")
        requestHash = try fields.algorithm("request_hash") ?? -16
        members = []
        for (member, fields) in try fields.members() {
            var member = member
            member.privateKey = try fields.bytes("private_key")
            members.append(member)
        }
    }

    func member(_ id: SenderID) -> Member? {
        members.first { $0.id == id }
    }

    /// HKDF SHA-256, as the COSE HMAC algorithm inside it.
    static let defaultHKDF = 5
}

extension Fields {
    /// The HKDF Algorithm as the HMAC inside it; the numbers of direct+HKDF (RFC 9053 §6.1.2) mean the same.
    func hkdf() throws(WorkbenchFailure) -> Int? {
        switch try algorithm("hkdf") {
        case -10: 5
        case -11: 7
        case let number: number
        }
    }

    /// How many items a Countersign_structure has: five unless the line says four.
    func countersignItems() throws(WorkbenchFailure) -> Int {
        let count = try algorithm("countersign_items") ?? 5
        guard count == 4 || count == 5 else { throw failure("countersign_items", "must be 4 or 5") }
        return count
    }

    /// The members of a group, each once and without private key, and what else stands beside them.
    func members() throws(WorkbenchFailure) -> [(member: GroupContextInput.Member, fields: Fields)] {
        var members: [(GroupContextInput.Member, Fields)] = []
        var ids: Set<SenderID> = []
        for member in try objects("members") ?? [] {
            let id = try member.required("id", member.senderID("id"))
            guard ids.insert(id).inserted else { throw member.failure("id", "belongs to a member before it") }
            let credential = try member.required("cred", member.bytes("cred"))
            members.append((GroupContextInput.Member(id: id, credential: credential), member))
        }
        return members
    }

    /// A small number of a COSE registry, under the first of its names that is there.
    func algorithm(_ names: String...) throws(WorkbenchFailure) -> Int? {
        for name in names {
            guard let number = try integer(name) else { continue }
            guard let number = Int32(exactly: number) else {
                throw failure(name, "must be a number of a COSE registry")
            }
            return Int(number)
        }
        return nil
    }
}
