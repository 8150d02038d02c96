import ACEGroupcomm
import COSE
import GroupManager
import ServiceShell

extension ManagerOptions {
    /// Has the tokens of another authorization server count.
    mutating func addAuthorizationServer(_ file: AuthorizationServerFile) {
        switch file.key {
        case .shared(let key):
            authorizationServers.append(
                AuthorizationServer(
                    issuer: file.issuer, key: .shared(keyID: nil, algorithm: .aesCCM_16_64_128, key: key),
                    uri: file.uri))
        case .signed(let publicKey):
            signingServers.append(SigningServer(issuer: file.issuer, publicKey: publicKey, uri: file.uri))
        }
    }
}
