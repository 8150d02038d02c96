import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives

// What a member is known by is the end entity's credential; what is stored and handed out is the chain or bag that it came
// in (draft-ietf-ace-key-groupcomm-oscore §4).
extension GroupState {
    /// What is stored of a member, read again; `nil` for a monitor.
    func provided(by member: MemberRecord, reader: CredentialReader) -> ProvidedCredential? {
        member.credential.flatMap {
            try? reader.provided($0.span, format: configuration.credentialFormat, validAt: nil)
        }
    }

    /// The public key of a member; `nil` for a monitor.
    func publicKey(of member: MemberRecord, reader: CredentialReader) -> PublicKey? {
        provided(by: member, reader: reader)?.endEntity.publicKey
    }

    /// Whether bytes are the credential that a member has, in whatever tag, chain or bag.
    func isCredential(_ bytes: [UInt8], of member: MemberRecord, reader: CredentialReader) -> Bool {
        guard bytes != member.credential else { return true }
        guard bytes.count <= CredentialCheck.maximumCredentialCount,
            let stored = provided(by: member, reader: reader)?.endEntity,
            let other = try? reader.credential(bytes.span, format: configuration.credentialFormat)
        else { return false }
        return stored == other
    }
}
