import Bytes
import CAllocationCounter
import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE
import Testing

/// Counts the blocks that checking a signature allocates, behind a warm-up that fills the table of requests.
struct SignatureCheckerAllocationTests {
    private struct NotValid: Error {}

    @Test func checkingAllocatesNothing() throws {
        let algorithms = GroupAlgorithms(
            aead: nil, groupEncryption: .aesCCM_16_64_128, signature: .edDSA, pairwiseKeyAgreement: nil)
        let (secret, salt, none): ([UInt8], [UInt8], [UInt8]) = (Array(repeating: 9, count: 16), [1, 2], [])
        let groupID = try #require(GroupID([1, 2, 3]))
        let sender = try #require(SenderID([1]))
        let seed = [UInt8](repeating: 1, count: 32)
        let privateKey = try Ed25519PrivateKey(seed: seed.span)
        let credential = AuthenticationCredential.ccs(subject: "member", publicKey: privateKey.publicKey)
        let checker = SignatureChecker(maximumRequests: 8)
        let key = try KeyDerivation.derive(
            .sha256, salt: salt.span, secret: secret.span, id: none.span, idContext: groupID.bytes,
            algorithm: GroupEncryptionAlgorithm.aesCCM_16_64_128.rawValue, type: "SEKey", count: 16)
        let group = try CheckedGroup(
            groupID: groupID, signatureEncryptionKey: key.bytes, algorithms: algorithms,
            managerCredential: [1, 2, 3])
        try group.setCredential(credential, of: sender)
        checker.add(group)
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 1000)
        let client = try GroupContext(
            groupID: groupID, masterSecret: secret.span, masterSalt: salt, algorithms: algorithms,
            managerCredential: [1, 2, 3], senderID: sender, credential: credential,
            privateKey: PrivateKey(privateKey), reservation: reservation)
        let requests = try (0..<40).map { _ in
            try client.protectRequest(Message(code: .put, payload: [1])).0.body
        }
        let address = SocketAddress(IPv6Address(high: 1, low: 2), port: 5683)
        var counts: Set<UInt64> = []
        for (index, body) in requests.enumerated() {
            let exchange = CheckedExchange(client: address, token: Token(UInt64(index)))
            let before = gosc_allocation_count()
            let verdict = try checker.checkRequest(ProtectedMessage(body.span), in: exchange)
            let count = gosc_allocation_count() - before
            // Not #require: the macro allocates.
            guard case .valid = verdict else { throw NotValid() }
            if index >= 20 { counts.insert(count) }
        }
        #expect(counts == [0])
    }
}
