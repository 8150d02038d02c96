import COSE
import OSCORE

/// Under which Sender ID each server answered first in a long exchange (RFC 10021 §7.4).
///
/// Kept by key, because a rekeying may give a Sender ID to somebody else.
struct FirstKids: Sendable {
    private var servers: [(credential: AuthenticationCredential, kid: SenderID)] = []

    /// The Sender ID under which the holder of this key answered first.
    func kid(of credential: AuthenticationCredential) -> SenderID? {
        servers.first { $0.credential.publicKey == credential.publicKey }?.kid
    }

    /// Notes the first response of a server; later ones change nothing.
    mutating func note(_ kid: SenderID, of credential: AuthenticationCredential) {
        guard self.kid(of: credential) == nil else { return }
        servers.append((credential, kid))
    }
}
