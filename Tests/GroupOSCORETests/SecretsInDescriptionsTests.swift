import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// Whoever logs a context, or what it refuses, logs no secret of it.
struct SecretsInDescriptionsTests {
    @Test(.requirement("OSC-0114", "GOSC-0337"))
    func noContextShowsItsSecrets() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let serverID = try server.ownID
        let (request, binding) = try client.protectRequest(.on, to: serverID)
        var served = try server.received(request).binding
        _ = try client.answered(server.protectPairwiseResponse(.done, to: &served), to: binding)
        let pairwise = try client.pairwiseSecrets(with: serverID)
        let secrets = [
            bytes(GroupVectors.shared.group.masterSecret), bytes(try GroupVectors.shared.member("25").ed25519Seed),
            secret(client.common.commonIV), secret(client.common.signatureEncryptionKey),
            secret(try client.common.senderKey(of: client.ownID)), secret(try client.common.senderKey(of: serverID)),
            secret(pairwise.sharedSecret), secret(pairwise.senderKey), secret(pairwise.recipientKey),
        ]
        var forged = request
        forged.payload[0] ^= 1
        let body = forged.body
        let verdict = server.verifyRequest(try ProtectedMessage(body.span))
        let values: [Any] = [client, server, binding, verdict]
        for key in secrets {
            #expect(key.count >= 13)
            for value in values { #expect(!SecretScan.finds(key, in: value), "\(type(of: value))") }
        }
    }

    private func secret(_ bytes: borrowing SecretBytes) -> [UInt8] { [UInt8](copying: bytes.bytes) }
}
