import Bytes
import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct GroupModeVectorTests {
    static let messages = GroupVectors.suiteA.messages.filter { $0.mode == "group" }
    static let names = messages.map(\.name)

    static func vector(_ name: String) throws -> GroupVectors.GroupMessage {
        try #require(messages.first { $0.name == name })
    }

    /// What a vector's message looks like between token and end: outer options, 0xff, payload.
    static func protectedBody(_ vector: GroupVectors.GroupMessage) -> [UInt8] {
        var body: [UInt8] = []
        var writer = OptionWriter()
        writer.write(.oscore, bytes(vector.oscoreOptionValue).span, into: &body)
        writer.writePayload(bytes(vector.payload).span, into: &body)
        return body
    }

    static func binding(_ vector: GroupVectors.GroupMessage) throws -> GroupRequestBinding {
        let request = GroupVectors.suiteA.messages.first { $0.name == vector.request }
        return GroupRequestBinding(
            request: RequestBinding(
                kid: try #require(SenderID(bytes(vector.requestKid))),
                partialIV: try #require(PartialIV(decoding: bytes(vector.requestPiv)))),
            groupID: try #require(GroupID(bytes(vector.requestKidContext))),
            isGroupMode: request?.mode ?? vector.mode == "group")
    }

    @Test(
        .requirement(
            "GOSC-0113", "GOSC-0115", "GOSC-0123", "GOSC-0125", "GOSC-0126", "GOSC-0131", "GOSC-0132", "GOSC-0133",
            "GOSC-0136", "GOSC-0137", "GOSC-0138", "GOSC-0139", "GOSC-0142", "GOSC-0148", "GOSC-0149", "GOSC-0150",
            "GOSC-0151", "GOSC-0152", "GOSC-0153", "GOSC-0154", "GOSC-0159", "GOSC-0190", "GOSC-0191", "GOSC-0217",
            "GOSC-0222", "GOSC-0280", "GOSC-0283", "ALG-0005"),
        arguments: names)
    func messagesAreProtectedByteForByte(name: String) throws {
        let vector = try Self.vector(name)
        let sender = try GroupContext.suiteA(
            member: vector.senderId, afterRekey: vector.securityContext == "after_rekey")
        let plaintext = bytes(vector.plaintext)
        let code = Code(rawValue: plaintext[0])
        let partialIV = vector.partialIv.flatMap { PartialIV(decoding: bytes($0)) }
        var outerCode = Code(rawValue: 0)
        let binding = try Self.binding(vector)
        let body = try [UInt8](capacity: 600) { output in
            let plain = plaintext.span.extracting(droppingFirst: 1)
            if vector.isRequest {
                outerCode = try sender.protectGroupRequest(
                    code: code, body: plain, partialIV: try #require(partialIV), into: &output
                ).outerCode
            } else {
                outerCode = try sender.protectGroupResponse(
                    code: code, body: plain, to: binding, partialIV: partialIV, includesKid: binding.isGroupMode,
                    includesGroupID: vector.securityContext != nil, into: &output)
            }
        }
        #expect(Hex.encode(body) == Hex.encode(Self.protectedBody(vector)))
        #expect(outerCode == (vector.isRequest ? .post : .changed))
    }

    @Test(
        .requirement("GOSC-0166", "GOSC-0200", "GOSC-0205", "GOSC-0208", "GOSC-0223", "GOSC-0226", "GOSC-0232"),
        arguments: names)
    func messagesVerifyAtTheOtherEnd(name: String) throws {
        let vector = try Self.vector(name)
        let receiver = try GroupContext.suiteA(
            member: vector.isRequest ? "77" : "25", afterRekey: vector.securityContext == "after_rekey")
        let body = Self.protectedBody(vector)
        let plaintext = bytes(vector.plaintext)
        let expected = try Message(
            code: Code(rawValue: plaintext[0]), body: plaintext.span.extracting(droppingFirst: 1))
        let message = try ProtectedMessage(body.span)
        if vector.isRequest {
            guard case .verified(let request) = receiver.verifyRequest(message) else {
                Issue.record("not verified")
                return
            }
            #expect(request.message == expected)
            #expect(request.sender.description == vector.senderId)
            guard case .replay = receiver.verifyRequest(message) else {
                Issue.record("accepted twice")
                return
            }
        } else {
            let output = try [UInt8](capacity: body.count) { output in
                let outcome = receiver.verifyGroupResponse(
                    message, to: try Self.binding(vector), assumedResponder: SenderID(bytes(vector.senderId)),
                    into: &output)
                guard case .verified(let code, let sender, _) = outcome else {
                    Issue.record("not verified: \(outcome)")
                    return
                }
                #expect(code == expected.code)
                #expect(sender.description == vector.senderId)
            }
            #expect(output == expected.body)
        }
    }

    /// RFC 9338 §3.3 read to the letter gives four items; a parameter of the context chooses.
    @Test func aContextWithFourItemsSignsTheVariantOfTheVectors() throws {
        let vector = try #require(Self.messages.first { $0.variant4ElementCountersignStructure != nil })
        let expected = try #require(vector.variant4ElementCountersignStructure?.payload)
        let sender = try GroupContext.suiteA(member: vector.senderId, countersignItems: .four)
        let plaintext = bytes(vector.plaintext)
        let message = try Message(
            code: Code(rawValue: plaintext[0]), body: plaintext.span.extracting(droppingFirst: 1))
        let protected = try sender.protectRequest(message).0
        #expect(Hex.encode(protected.payload) == expected)
        let body = protected.body
        let receiver = try GroupContext.suiteA(member: "52", countersignItems: .four)
        guard case .verified = receiver.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("not verified")
            return
        }
        let other = try GroupContext.suiteA(member: "52")
        guard case .rejected(.signature) = other.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("four and five items are not told apart")
            return
        }
    }

    @Test(.requirement("GOSC-0030", "GOSC-0031", "GOSC-0033", "GOSC-0034", "GOSC-0050"))
    func keysAreDerivedAsInTheVectors() throws {
        for afterRekey in [false, true] {
            let context = try GroupContext.suiteA(member: "25", afterRekey: afterRekey)
            let keys = afterRekey ? try #require(GroupVectors.rekeyed().keys) : GroupVectors.suiteA.keys
            #expect(hex(context.common.commonIV) == keys.commonIv)
            #expect(hex(context.common.signatureEncryptionKey) == keys.signatureEncryptionKey)
            for (id, key) in keys.senderKeys {
                let derived = try context.common.senderKey(of: try #require(SenderID(bytes(id))))
                #expect(hex(derived) == key.key)
            }
        }
    }

    private func hex(_ secret: borrowing SecretBytes) -> String {
        Hex.encode([UInt8](copying: secret.bytes))
    }
}
