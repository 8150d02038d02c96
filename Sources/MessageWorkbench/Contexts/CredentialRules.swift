import COSE

/// What a line says of how the credentials of a group are read.
struct CredentialRules: Hashable {
    /// The Authentication Credential Format.
    let format: CredentialFormat
    /// Unix time at which they must be valid; `nil` accepts expired ones.
    let validAt: Int64?

    init(_ fields: Fields) throws(WorkbenchFailure) {
        format = try fields.algorithm("cred_fmt").map { CredentialFormat(rawValue: $0) } ?? .ccs
        validAt = try fields.integer("valid_at")
    }
}

extension CredentialReader {
    /// The credential of a member.
    func credential(
        of member: GroupContextInput.Member, _ rules: CredentialRules
    ) throws(WorkbenchFailure) -> AuthenticationCredential {
        do throws(CredentialError) {
            return try credential(member.credential.span, format: rules.format, validAt: rules.validAt)
        } catch {
            throw WorkbenchFailure(
                .context, "\"cred\" of member \(member.id), format \(rules.format.name): it \(error.explanation)")
        }
    }

    /// What every message is bound to of the Group Manager's credential: that alone, without tag and container. One that
    /// cannot be read is taken as it is, for it may be of another format than the members' (RFC 10021 §2.4).
    func managerCredential(_ bytes: [UInt8], _ rules: CredentialRules) -> [UInt8] {
        (try? endEntity(of: bytes.span, format: rules.format)) ?? bytes
    }
}
