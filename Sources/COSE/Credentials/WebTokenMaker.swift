import Bytes
import CBOR
import CryptoPrimitives

/// Makes CBOR Web Tokens that their holder signs: the claims set of ``ClaimsSetMaker`` in a COSE_Sign1 (RFC 8392 §7.1).
struct WebTokenMaker: CredentialMaker {
    func canMake(for kind: KeyKind) -> Bool { kind.signatureKind != nil }

    func credential(of key: borrowing PrivateKey, subject: String) throws(CredentialError) -> [UInt8] {
        let claims = AuthenticationCredential.ccs(subject: subject, publicKey: key.publicKey).bytes
        do throws(CryptoError) {
            // GOSC-0059: what is stored and authenticated has no tag.
            return try Sign1Message(signing: claims, key: key).untagged.encoded()
        } catch {
            throw .unsupportedKey
        }
    }
}
