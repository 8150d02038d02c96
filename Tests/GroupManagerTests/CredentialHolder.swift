import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

extension Fixture {
    /// Makes a group whose members have Ed25519 keys in credentials of a format, and tells its name.
    func createGroup(_ format: CredentialFormat) throws -> String {
        try manager.createGroup("g-\(format.name)") { $0.credentialFormat = format }
        return "g-\(format.name)"
    }

    /// A client that may join the group of a format with any credential for its key.
    func holder(_ name: String, of group: String, secret: [UInt8]? = nil) throws -> TestClient {
        let client = try stranger(name, secret: secret)
        client.token = try token(for: client, name, [(group, Roles([.requester, .responder]).rawValue)])
        try client.upload(manager)
        return client
    }
}

extension TestClient {
    /// Joins with a credential, and proves that the key is its own unless told not to.
    func join(
        _ manager: TestManager, _ group: String, with credential: [UInt8], nonce: [UInt8] = Array(1...8),
        proves: Bool = true
    ) throws -> Message {
        var request = try joinRequest(group, [.requester, .responder], nonce: nonce)
        request.clientCredential = credential
        if !proves { request.clientEvidence = nil }
        return try ask(manager, Self.joinMessage(request.encoded(), path: ["ace-group", group]))
    }

    /// Gives the member another credential.
    func update(_ manager: TestManager, _ group: String, name: String, to credential: [UInt8]) throws -> Message {
        let scope = ScopeEntry(groupName: group, roles: [.requester, .responder]).encoded()
        let update = CredentialUpdate(
            credential: credential, clientNonce: [5], evidence: try evidence(scope: scope, nonce: [5]))
        return try ask(
            manager, .post, "ace-group/\(group)/nodes/\(name)/cred", update.encoded(), format: .aceGroupcomm)
    }

    /// A credential for the key of this client, made by itself.
    func credential(_ format: CredentialFormat) throws -> [UInt8] {
        let secret = seed
        return try CredentialMakers.standard.credential(
            of: PrivateKey(kind, secret: secret.span), subject: "self", format: format)
    }
}
