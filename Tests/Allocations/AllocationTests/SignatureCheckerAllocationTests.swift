import Bytes
import CAllocationCounter
import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE
import Testing

/// Counts the blocks that checking a signature allocates, behind a warm-up that fills the tables of requests.
struct SignatureCheckerAllocationTests {
    private struct NotValid: Error {}

    /// OpenSSL allocates for ECDSA whoever calls it; libsodium does not for EdDSA.
    @Test(arguments: [SignatureAlgorithm.edDSA, .es256, .es384, .es512])
    func checkingAllocatesNoMoreThanVerifying(algorithm: SignatureAlgorithm) throws {
        let group = try SignedGroup(algorithm)
        let bare = try group.allocationsOfVerifying()
        #expect(algorithm != .edDSA || Set(bare) == [0])
        let checker = SignatureChecker(maximumRequests: 8)
        checker.add(try group.checked())
        let client = try group.context(of: group.client, knowing: group.server)
        let server = try group.context(of: group.server, knowing: group.client)
        let address = SocketAddress(IPv6Address(high: 1, low: 2), port: 5683)
        var counts: [String: [UInt64]] = [:]
        for index in 0..<60 {
            let exchange = CheckedExchange(client: address, token: Token(UInt64(index)))
            let request = try client.protectRequest(Message(code: .put, payload: [1])).0.body
            guard case .verified(var verified) = server.verifyRequest(try ProtectedMessage(request.span)) else {
                throw NotValid()
            }
            // The first takes the nonce of the request, the second has a number of its own.
            let response = try server.protectResponse(Message(code: .changed), to: &verified.binding).body
            let later = try server.protectResponse(Message(code: .changed), to: &verified.binding).body
            // No forgeries: the test library allocates for each error that is thrown anywhere.
            for (name, body, isRequest) in [
                ("request", request, true), ("repeated request", request, true), ("response", response, false),
                ("response with a number", later, false),
            ] {
                let message = try ProtectedMessage(body.span)
                let before = gosc_allocation_count()
                let verdict =
                    isRequest
                    ? checker.checkRequest(message, in: exchange) : checker.checkResponse(message, in: exchange)
                let count = gosc_allocation_count() - before
                // Not #require: the macro allocates.
                guard case .valid = verdict else { throw NotValid() }
                if index >= 20 { counts[name, default: []].append(count) }
            }
        }
        #expect(counts.count == 4)
        for (name, counts) in counts {
            // What OpenSSL takes varies a little with the numbers; one block more for each message would show.
            #expect(median(counts) == median(bare), "\(name)")
            #expect(algorithm != .edDSA || Set(counts) == [0], "\(name)")
        }
    }

    private func median(_ counts: [UInt64]) -> UInt64 { counts.sorted()[counts.count / 2] }
}

/// Two members of a group without pairwise mode, and what a checker is told of it.
private struct SignedGroup {
    struct Member {
        let senderID: SenderID
        let secret: [UInt8]
        let credential: AuthenticationCredential
        let kind: KeyKind

        init(_ number: UInt8, _ kind: KeyKind) throws {
            self.kind = kind
            senderID = try #require(SenderID([number]))
            var secret = [UInt8](repeating: number, count: kind.secretLength)
            // P-521 has 521 bits.
            secret[0] = 0
            self.secret = secret
            let key = try PrivateKey(kind, secret: secret.span)
            credential = .ccs(subject: "member", publicKey: key.publicKey)
        }
    }

    let client: Member
    let server: Member
    private let algorithms: GroupAlgorithms
    private let kind: KeyKind
    private let groupID: GroupID
    private let masterSecret = [UInt8](repeating: 9, count: 16)
    private let masterSalt: [UInt8] = [1, 2]
    private let managerCredential: [UInt8] = [1, 2, 3]

    init(_ algorithm: SignatureAlgorithm) throws {
        algorithms = GroupAlgorithms(
            aead: nil, groupEncryption: .aesCCM_16_64_128, signature: algorithm, pairwiseKeyAgreement: nil)
        kind = try #require(algorithm.signatureKind).keyKind
        groupID = try #require(GroupID([1, 2, 3]))
        client = try Member(1, kind)
        server = try Member(2, kind)
    }

    func context(of member: Member, knowing other: Member) throws -> GroupContext {
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 1000)
        let context = try GroupContext(
            groupID: groupID, masterSecret: masterSecret.span, masterSalt: masterSalt, algorithms: algorithms,
            managerCredential: managerCredential, senderID: member.senderID, credential: member.credential,
            privateKey: PrivateKey(kind, secret: member.secret.span), reservation: reservation)
        try context.addRecipient(other.senderID, credential: other.credential)
        return context
    }

    func checked() throws -> CheckedGroup {
        let none: [UInt8] = []
        let key = try KeyDerivation.derive(
            .sha256, salt: masterSalt.span, secret: masterSecret.span, id: none.span, idContext: groupID.bytes,
            algorithm: GroupEncryptionAlgorithm.aesCCM_16_64_128.rawValue, type: "SEKey", count: 16)
        let group = try CheckedGroup(
            groupID: groupID, signatureEncryptionKey: key.bytes, algorithms: algorithms,
            managerCredential: managerCredential)
        for member in [client, server] { try group.setCredential(member.credential, of: member.senderID) }
        return group
    }

    /// What the library allocates to verify one signature.
    func allocationsOfVerifying() throws -> [UInt64] {
        let key = try PrivateKey(kind, secret: client.secret.span)
        let publicKey = client.credential.publicKey
        var counts: [UInt64] = []
        for run in 0..<60 {
            let message = [UInt8](repeating: UInt8(run), count: 300)
            let signature = try [UInt8](capacity: 160) { output throws(CryptoError) in
                try key.sign(message.span, into: &output)
            }
            let before = gosc_allocation_count()
            let isValid = publicKey.isValidSignature(signature.span, for: message.span)
            let count = gosc_allocation_count() - before
            #expect(isValid)
            if run >= 20 { counts.append(count) }
        }
        return counts
    }
}
