import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives

extension NodeEngine {
    /// Whether this node still has to make the key pair and the credential that its group asks for.
    var lacksIdentity: Bool {
        guard membership == nil, let link, link.grantedRoles != .monitor, let terms = link.terms else { return false }
        return identity.map { !$0.fits(terms) || $0.credential == refusedCredential } ?? true
    }

    /// Makes key pair and credential as the group asks for them. They are durable before anything is sent that they are in,
    /// so that the same join again has the same credential.
    ///
    /// Who joined nothing yet replaces what it has: the answer that it was made for may have been somebody else's.
    func makeIdentity(random: inout some RandomNumberGenerator) throws(JoinFailure) {
        guard let record = associationRecord, let terms = link?.terms,
            credentials.makers.canMake(terms.credentialFormat, for: terms.keyKind)
        else { throw .unsupportedGroup }
        let made: IdentityRecord
        do {
            let secret = SecretField(try terms.keyKind.drawSecret(using: &random))
            let credential = try credentials.makers.credential(
                of: PrivateKey(terms.keyKind, secret: secret.bytes), subject: record.nodeName,
                format: terms.credentialFormat)
            made = IdentityRecord(
                keyKind: terms.keyKind, privatePart: secret, credentialFormat: terms.credentialFormat,
                credential: credential)
        } catch {
            throw .unsupportedGroup
        }
        draft.writes.append(.saveIdentity(made))
        draft.continuations.append(.identitySaved(made))
    }
}

extension IdentityRecord {
    /// Whether key and credential are what a group asks for.
    func fits(_ terms: JoinTerms) -> Bool {
        keyKind == terms.keyKind && credentialFormat == terms.credentialFormat
    }
}
