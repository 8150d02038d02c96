public import COSE
internal import CryptoPrimitives
public import GroupOSCORE
public import OSCORE

/// A group whose Security Context never changes, as one of its members has it (RFC 10021 §2).
public struct FixedGroup: Sendable {
    /// Another member.
    public struct Member: Sendable {
        /// Its Sender ID.
        public let senderID: SenderID
        /// Its credential.
        public let credential: AuthenticationCredential
    }

    let input: GroupContextInput

    /// The Gid.
    public let groupID: GroupID
    /// The Group Manager's credential, without tag and container.
    public let managerCredential: [UInt8]
    /// This member.
    public let senderID: SenderID
    /// This member's credential.
    public let credential: AuthenticationCredential
    /// The private key of ``credential``.
    public let privateKey: [UInt8]
    /// The others.
    public let members: [Member]

    /// The Master Secret.
    public var masterSecret: [UInt8] { input.masterSecret }
    /// The Master Salt.
    public var masterSalt: [UInt8] { input.masterSalt }
    /// The algorithms.
    public var algorithms: GroupAlgorithms { input.algorithms }
    /// How many items a Countersign_structure has.
    public var countersignItems: CountersignStructure.ItemCount { input.countersignStructure }

    init(
        _ input: GroupContextInput, as me: SenderID, _ credentials: CredentialReader
    ) throws(WorkbenchFailure) {
        guard let own = input.member(me) else {
            let known = input.members.map(\.id.quoted).joined(separator: ", ")
            throw WorkbenchFailure(
                .context, "\"members\" has no \"id\" \(me.quoted)" + (known.isEmpty ? "" : "; it has \(known)"))
        }
        guard let secret = own.privateKey else {
            throw WorkbenchFailure(.context, "\"private_key\" of member \(me.quoted) is missing in \"members\"")
        }
        guard let groupID = GroupID(input.groupID) else {
            throw WorkbenchFailure(.context, "\"gid\" does not fit into an OSCORE option")
        }
        // Everything that messages will need is derived once, here: what is wrong shows now and not with the first message.
        let context = try Workbench.makeContext(input, member: own, credentials)
        var others: [Member] = []
        for member in input.members where member.id != me {
            let credential = try credentials.credential(of: member, input.credentialRules)
            do throws(ContextError) {
                try context.addRecipient(member.id, credential: credential)
            } catch {
                throw WorkbenchFailure(error, of: member.id)
            }
            others.append(Member(senderID: member.id, credential: credential))
        }
        self.groupID = groupID
        managerCredential = try credentials.managerCredential(input.managerCredential, input.credentialRules)
        senderID = me
        credential = try credentials.credential(of: own, input.credentialRules)
        privateKey = secret
        members = others
        self.input = input
    }
}

/// Prints no key.
extension FixedGroup: CustomStringConvertible, CustomReflectable {
    /// The identifiers.
    public var description: String { "member \(senderID) of the group with Gid \(groupID)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
