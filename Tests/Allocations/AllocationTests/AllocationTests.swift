import Bytes
import CAllocationCounter
import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE
import Testing

/// Counts the blocks that protecting and verifying allocate, message for message, behind a warm-up.
struct AllocationTests {
    private static let messages = 200

    /// Options and payload of a small command: `PUT /light` with 32 bytes.
    private static let body: [UInt8] = {
        var options = Options()
        options.uriPath = ["light"]
        return Message(code: .put, options: options, payload: Array(repeating: 0x2a, count: 32)).body
    }()

    @Test func theCounterSeesAnAllocation() {
        var kept: [[UInt8]] = []
        kept.reserveCapacity(10)
        let before = gosc_allocation_count()
        for size in 1...10 { kept.append([UInt8](repeating: 1, count: size * 100)) }
        #expect(gosc_allocation_count() - before >= 10)
        #expect(kept.count == 10)
    }

    @Test func plainOSCOREAllocatesNothing() throws {
        let client = try context(sender: 1, recipient: 2)
        let server = try context(sender: 2, recipient: 1)
        let count = try allocations {
            var verified = 0
            _ = try withProtected({ output in
                _ = try client.protectRequest(code: .put, body: Self.body.span, into: &output)
            }) { message, plain in
                if case .verified = server.verifyRequest(message, into: &plain) { verified += 1 }
            }
            // Not #require: the macro allocates.
            guard verified == 1 else { throw NotVerified() }
        }
        #expect(count == 0)
    }

    @Test func groupModeAllocatesNothing() throws {
        let sender = try Member(number: 1)
        let receiver = try Member(number: 2)
        let (client, server) = (try sender.context(knowing: receiver), try receiver.context(knowing: sender))
        let count = try allocations {
            var verified = 0
            _ = try withProtected({ output in
                _ = try client.protectGroupRequest(code: .put, body: Self.body.span, into: &output)
            }) { message, plain in
                if case .verified = server.verifyGroupRequest(message, into: &plain) { verified += 1 }
            }
            // Not #require: the macro allocates.
            guard verified == 1 else { throw NotVerified() }
        }
        #expect(count == 0)
    }

    @Test func pairwiseModeAllocatesNothing() throws {
        let asker = try Member(number: 1)
        let responder = try Member(number: 2)
        let client = try asker.context(knowing: responder, isPairwise: true)
        let server = try responder.context(knowing: asker, isPairwise: true)
        let count = try allocations {
            var asked: GroupRequestBinding?
            var received: GroupRequestBinding?
            var isAnswered = false
            _ = try withProtected({ output in
                asked = try client.protectPairwiseRequest(
                    code: .put, body: Self.body.span, to: responder.senderID, into: &output
                ).binding
            }) { message, plain in
                if case .verified(_, let binding) = server.verifyRequest(message, into: &plain) { received = binding }
            }
            guard let asked, var received else { throw NotVerified() }
            for usesOwnPartialIV in [false, true] {
                _ = try withProtected({ output in
                    _ = try server.protectPairwiseResponse(
                        code: .content, body: Self.body.span, to: &received, usesOwnPartialIV: usesOwnPartialIV,
                        into: &output)
                }) { message, plain in
                    if case .verified = client.verifyResponse(message, to: asked, into: &plain) { isAnswered = true }
                }
                guard isAnswered else { throw NotVerified() }
                isAnswered = false
            }
        }
        #expect(count == 0)
    }

    private struct NotVerified: Error {}

    // MARK: measuring

    /// Runs `body` often and returns its allocations a run.
    private func allocations(_ body: () throws -> Void) throws -> UInt64 {
        for _ in 0..<20 { try body() }
        let before = gosc_allocation_count()
        for _ in 0..<Self.messages { try body() }
        let total = gosc_allocation_count() - before
        #expect(total % UInt64(Self.messages) == 0, "not the same for each message")
        return total / UInt64(Self.messages)
    }

    /// Lends memory on the stack for a protected and a plain message.
    private func withProtected(
        _ protect: (inout OutputSpan<UInt8>) throws -> Void,
        _ verify: (borrowing ProtectedMessage, inout OutputSpan<UInt8>) throws -> Void
    ) throws -> Int {
        try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 512) { first in
            try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 512) { second in
                var output = OutputSpan(buffer: first, initializedCount: 0)
                try protect(&output)
                var plain = OutputSpan(buffer: second, initializedCount: 0)
                try verify(ProtectedMessage(output.span), &plain)
                let count = plain.count
                _ = output.finalize(for: first)
                _ = plain.finalize(for: second)
                return count
            }
        }
    }

    // MARK: contexts

    private func context(sender: UInt8, recipient: UInt8) throws -> SecurityContext {
        let secret = [UInt8](repeating: 7, count: 16)
        let none: [UInt8] = []
        return try SecurityContext(
            masterSecret: secret.span, masterSalt: none.span, idContext: [1, 2, 3],
            senderID: try #require(SenderID([sender])), recipientID: try #require(SenderID([recipient])),
            reservation: Self.reservation, replayWindow: ReplayWindow())
    }

    private static var reservation: SequenceReservation {
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 100_000)
        return reservation
    }

    private struct Member {
        let seed: [UInt8]
        let senderID: SenderID
        let credential: AuthenticationCredential

        init(number: UInt8) throws {
            seed = [UInt8](repeating: number, count: 32)
            guard let senderID = SenderID([number]) else { throw ContextError.identifierTooLong }
            self.senderID = senderID
            let seed = self.seed
            let publicKey = try Ed25519PrivateKey(seed: seed.span).publicKey
            credential = AuthenticationCredential.ccs(subject: "member", publicKey: publicKey)
        }

        func context(knowing other: Member, isPairwise: Bool = false) throws -> GroupContext {
            let secret = [UInt8](repeating: 9, count: 16)
            let context = try GroupContext(
                groupID: try #require(GroupID([1, 2, 3])), masterSecret: secret.span, masterSalt: [1, 2],
                algorithms: GroupAlgorithms(
                    aead: isPairwise ? .aesCCM_16_64_128 : nil, groupEncryption: .aesCCM_16_64_128, signature: .edDSA,
                    pairwiseKeyAgreement: isPairwise ? .ecdhSSHKDF256 : nil),
                managerCredential: [1, 2, 3], senderID: senderID, credential: credential,
                privateKey: PrivateKey(Ed25519PrivateKey(seed: seed.span)),
                reservation: AllocationTests.reservation)
            try context.addRecipient(other.senderID, credential: other.credential)
            return context
        }
    }
}
