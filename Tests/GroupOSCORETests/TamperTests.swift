import Bytes
import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// Whatever is altered on the way, in either mode and direction, is refused, and the receiver is left as it was.
///
/// Outside the rule stand header, Token and outer Class U options: nothing protects them (RFC 8613 §4.1, §4.2).
struct TamperTests {
    @Test(
        .requirement("GOSC-0188", "GOSC-0203", "GOSC-0206", "GOSC-0133", "GOSC-0134", "GOSC-0345"),
        arguments: [true, false])
    func everyAlteredBitOfARequestIsRefused(isGroupMode: Bool) throws {
        let client = try GroupContext.suiteA(member: "25", sequence: 300)
        let server = try GroupContext.suiteA(member: "52")
        let (request, _) =
            try isGroupMode ? client.protectRequest(.on) : client.protectRequest(.on, to: server.ownID)
        let before = server.replayWindow(of: try client.ownID)
        let numberBefore = server.reservation
        try forEachAlteredBit(of: request) { body, bit in
            guard let altered = try? ProtectedMessage(body.span) else { return }
            var isRefused = false
            let output = [UInt8](capacity: body.count) { output in
                if case .rejected = server.verifyRequest(altered, into: &output) { isRefused = true }
            }
            #expect(isRefused && output.isEmpty, "bit \(bit) may be altered")
        }
        #expect(server.replayWindow(of: try client.ownID) == before)
        #expect(server.reservation == numberBefore)
        #expect(try server.received(request).message == .on)
    }

    @Test(
        .requirement("GOSC-0188", "GOSC-0228", "GOSC-0233", "GOSC-0133"),
        arguments: [(true, true), (true, false), (false, true), (false, false)])
    func everyAlteredBitOfAResponseIsRefused(groupRequest: Bool, groupResponse: Bool) throws {
        let client = try GroupContext.suiteA(member: "25", sequence: 300)
        let server = try GroupContext.suiteA(member: "52", sequence: 700)
        let (request, binding) =
            try groupRequest ? client.protectRequest(.on) : client.protectRequest(.on, to: server.ownID)
        var served = try server.received(request).binding
        let before = client.replayWindow(of: try server.ownID)
        for _ in 0..<2 {
            // The first without, the second with a Partial IV.
            let response =
                try groupResponse
                ? server.protectResponse(.done, to: &served) : server.protectPairwiseResponse(.done, to: &served)
            try forEachAlteredBit(of: response) { body, bit in
                guard let altered = try? ProtectedMessage(body.span) else { return }
                var isRefused = false
                let output = [UInt8](capacity: body.count) { output in
                    if case .rejected = client.verifyResponse(altered, to: binding, into: &output) { isRefused = true }
                }
                #expect(isRefused && output.isEmpty, "bit \(bit) may be altered")
            }
            #expect(client.replayWindow(of: try server.ownID) == before)
            #expect(try client.answered(response, to: binding).message == .done)
        }
    }

    @Test(
        .requirement("GOSC-0131", "GOSC-0132", "GOSC-0159"),
        arguments: [(true, true), (true, false), (false, true), (false, false)])
    func everyStoredRequestValueBindsTheResponse(groupRequest: Bool, groupResponse: Bool) throws {
        let client = try GroupContext.suiteA(member: "25", sequence: 300)
        let server = try GroupContext.suiteA(member: "52", sequence: 700)
        let (request, binding) =
            try groupRequest ? client.protectRequest(.on) : client.protectRequest(.on, to: server.ownID)
        var served = try server.received(request).binding
        for _ in 0..<2 {
            let response =
                try groupResponse
                ? server.protectResponse(.done, to: &served) : server.protectPairwiseResponse(.done, to: &served)
            for bit in 0..<8 {
                let kid = try #require(SenderID([0x25 ^ 1 << UInt8(bit)]))
                let groupID = try #require(GroupID([0xdd, 0x11 ^ 1 << UInt8(bit)]))
                try expectRefused(response, by: client, altered(binding, kid: kid))
                try expectRefused(response, by: client, altered(binding, groupID: groupID))
            }
            for bit in 0..<40 {
                let partialIV = try #require(PartialIV(300 ^ 1 << UInt64(bit)))
                try expectRefused(response, by: client, altered(binding, partialIV: partialIV))
            }
            #expect(try client.answered(response, to: binding).message == .done)
        }
    }

    /// Truncated and extended messages.
    @Test(.requirement("GOSC-0188"), arguments: [true, false])
    func everyOtherLengthIsRefused(isGroupMode: Bool) throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let (request, _) =
            try isGroupMode ? client.protectRequest(.on) : client.protectRequest(.on, to: server.ownID)
        let option = try #require(request.options.first(of: .oscore))
        let suite = server.algorithms
        let fixed = try #require(suite.signature?.signatureLength) + #require(suite.groupEncryption?.tagLength)
        // Nothing at all is no protected message.
        for count in 1..<request.payload.count {
            let body = wireBody(option: option, payload: Array(request.payload.prefix(count)))
            let verdict = server.verifyRequest(try ProtectedMessage(body.span))
            guard case .rejected(let failure) = verdict else {
                Issue.record("\(count) bytes of payload are enough")
                continue
            }
            // What is too short for a countersignature cannot be taken apart; a ciphertext of any length does not decrypt.
            #expect(failure == (isGroupMode ? count > fixed ? .signature : .malformed : .decryption))
        }
        let longer = wireBody(option: option, payload: request.payload + [0])
        guard case .rejected = server.verifyRequest(try ProtectedMessage(longer.span)) else {
            Issue.record("a longer payload passes")
            return
        }
        #expect(try server.received(request).message == .on)
    }

    /// Two groups of the same endpoints that differ in nothing but the credential of their manager.
    @Test(.requirement("GOSC-0346"), arguments: [true, false])
    func aMessageDoesNotPassIntoAClonedGroup(isGroupMode: Bool) throws {
        let client = try GroupContext.suiteA(member: "25")
        let clone = try GroupContext.vectors("A", member: "52", managerCredential: [0xa1, 0x01, 0x01])
        let (request, _) =
            try isGroupMode ? client.protectRequest(.on) : client.protectRequest(.on, to: clone.ownID)
        #expect(try clone.judged(request) == (isGroupMode ? "signature" : "decryption"))
    }

    private func forEachAlteredBit(of message: Message, _ body: ([UInt8], Int) throws -> Void) throws {
        let option = try #require(message.options.first(of: .oscore))
        for bit in 0..<((option.count + message.payload.count) * 8) {
            var (value, payload) = (option, message.payload)
            if bit < value.count * 8 {
                value[bit / 8] ^= 1 << UInt8(bit % 8)
            } else {
                payload[bit / 8 - value.count] ^= 1 << UInt8(bit % 8)
            }
            try body(wireBody(option: value, payload: payload), bit)
        }
    }

    private func altered(
        _ binding: GroupRequestBinding, kid: SenderID? = nil, partialIV: PartialIV? = nil, groupID: GroupID? = nil
    ) -> GroupRequestBinding {
        GroupRequestBinding(
            request: RequestBinding(
                kid: kid ?? binding.request.kid, partialIV: partialIV ?? binding.request.partialIV),
            groupID: groupID ?? binding.groupID, isGroupMode: binding.isGroupMode,
            intendedResponder: binding.intendedResponder)
    }

    private func expectRefused(
        _ response: Message, by client: GroupContext, _ binding: GroupRequestBinding
    ) throws {
        #expect(throws: VerificationFailure.self) { try client.answered(response, to: binding) }
    }
}
