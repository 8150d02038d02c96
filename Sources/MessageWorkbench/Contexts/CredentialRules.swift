import COSE

/// What a line says of how the credentials of a group are read.
struct CredentialRules: Hashable {
    /// The Authentication Credential Format.
    let format: CredentialFormat
    /// The format of the Group Manager's credential, if the line says it; it may be another (RFC 10021 §2.4).
    let managerFormat: CredentialFormat?
    /// Unix time at which they must be valid; `nil` accepts expired ones.
    let validAt: Int64?

    init(_ fields: Fields) throws(WorkbenchFailure) {
        format = try fields.algorithm("cred_fmt").map { CredentialFormat(rawValue: $0) } ?? .ccs
        managerFormat = try fields.algorithm("gm_cred_fmt").map { CredentialFormat(rawValue: $0) }
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

    /// What every message is bound to of the Group Manager's credential: that alone, without tag and container. In which
    /// format it is, the line says; otherwise its bytes do, or it is that of the members.
    func managerCredential(_ bytes: [UInt8], _ rules: CredentialRules) throws(WorkbenchFailure) -> [UInt8] {
        let format = rules.managerFormat ?? CredentialFormat(recognizing: bytes.span) ?? rules.format
        do throws(CredentialError) {
            return try endEntity(of: bytes.span, format: format)
        } catch {
            throw WorkbenchFailure(.context, "\"gm_cred\", format \(format.name): it \(error.explanation)")
        }
    }
}
