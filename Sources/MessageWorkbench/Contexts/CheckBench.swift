import Bytes
import COSE
import GroupOSCORE
import OSCORE

/// A group as a signature checker knows it, and what a line says of it.
struct CheckBench {
    let input: CheckContextInput
    let group: CheckedGroup
    /// Reads the credentials of its members.
    let credentials: CredentialReader
}

/// Whose requests are remembered together: those in one group, whatever its Gid has become.
struct CheckerKey: Hashable {
    let managerCredential: [UInt8]
    let algorithms: GroupAlgorithms
    let countersignItems: Int
}

extension Workbench {
    /// The group of a line, kept for the next lines with the credentials that were parsed.
    func checkBench(_ input: CheckContextInput) throws(WorkbenchFailure) -> CheckBench {
        let group = try checkedGroups.context(for: input) { () throws(WorkbenchFailure) in
            try Self.makeCheckedGroup(input, credentials)
        }
        return CheckBench(input: input, group: group, credentials: credentials)
    }

    private static func makeCheckedGroup(
        _ input: CheckContextInput, _ credentials: CredentialReader
    ) throws(WorkbenchFailure) -> CheckedGroup {
        guard let groupID = GroupID(input.groupID) else { throw WorkbenchFailure(ContextError.idContextTooLong) }
        let (key, algorithms) = (input.signatureEncryptionKey, input.algorithms)
        do throws(ContextError) {
            try algorithms.validate()
        } catch {
            throw WorkbenchFailure(error)
        }
        guard algorithms.hasGroupMode, let keyLength = algorithms.groupEncryption?.keyLength else {
            throw WorkbenchFailure(
                .context, "the group has no group mode (\"group_enc\", \"sign\"): nothing in it is countersigned")
        }
        guard key.count == keyLength else {
            throw WorkbenchFailure(
                .field,
                "\"context.signature_encryption_key\" must have \(keyLength) bytes, as the keys of \"group_enc\" have")
        }
        let manager = try credentials.managerCredential(input.managerCredential, input.credentialRules)
        do throws(ContextError) {
            return try CheckedGroup(
                groupID: groupID, signatureEncryptionKey: key.span, algorithms: algorithms, managerCredential: manager,
                deterministicClientID: input.deterministicClient,
                countersignItems: input.countersignItems == 4 ? .four : .five)
        } catch {
            throw WorkbenchFailure(error)
        }
    }

    /// The checker that remembers the requests of lines behind each other.
    func checker(for input: CheckContextInput, makes: Bool) throws(WorkbenchFailure) -> SignatureChecker? {
        let key = CheckerKey(
            managerCredential: try credentials.managerCredential(input.managerCredential, input.credentialRules),
            algorithms: input.algorithms, countersignItems: input.countersignItems)
        // What only looks for a request must not push remembered ones out.
        guard makes else { return checkers.existing(for: key) }
        return try checkers.context(for: key) { () throws(WorkbenchFailure) in SignatureChecker() }
    }
}

extension CheckBench {
    /// Parses the credential of a member that a message names; does nothing if there is none, or it is known.
    func prepare(_ id: SenderID?) throws(WorkbenchFailure) {
        guard let id, group.credential(of: id) == nil, let member = input.member(id) else { return }
        let credential = try credentials.credential(of: member, input.credentialRules)
        do throws(ContextError) {
            try group.setCredential(credential, of: id)
        } catch {
            throw WorkbenchFailure(error, of: id)
        }
    }

    /// Makes this the only group of a checker: a line is judged with what it says itself.
    ///
    /// - Parameter previous: The Gid that a rekeying has replaced by this one.
    func install(in checker: SignatureChecker, after previous: [UInt8]?) throws(WorkbenchFailure) {
        for groupID in checker.groupIDs { checker.removeGroup(groupID) }
        let previous = try previous.map { (bytes) throws(WorkbenchFailure) in
            guard let groupID = GroupID(bytes) else { throw WorkbenchFailure(ContextError.idContextTooLong) }
            return groupID
        }
        checker.add(group, after: previous)
    }
}
