import Bytes
import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// Every message of every suite: both modes, all four combinations of request and response, before and after a rekeying.
struct GroupVectorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let suite: String
        let name: String
        var testDescription: String { "\(suite): \(name)" }

        func vector() throws -> GroupVectors.GroupMessage {
            try #require(try GroupVectors.suite(suite).messages.first { $0.name == name })
        }

        func context(of member: String, vector: GroupVectors.GroupMessage) throws -> GroupContext {
            try .vectors(suite, member: member, afterRekey: vector.securityContext == "after_rekey")
        }

        /// What binds the response, as the client or the server stored it from the request.
        func binding(_ vector: GroupVectors.GroupMessage) throws -> GroupRequestBinding {
            let request = try GroupVectors.suite(suite).messages.first { $0.name == vector.request }
            let isGroupMode = (request?.mode ?? vector.mode) == "group"
            return GroupRequestBinding(
                request: RequestBinding(
                    kid: try #require(SenderID(bytes(vector.requestKid))),
                    partialIV: try #require(PartialIV(decoding: bytes(vector.requestPiv)))),
                groupID: try #require(GroupID(bytes(vector.requestKidContext))), isGroupMode: isGroupMode,
                intendedResponder: isGroupMode ? nil : SenderID(bytes(vector.senderId)))
        }
    }

    static let cases = GroupVectors.shared.suites.flatMap { suite in
        suite.messages.map { Case(suite: suite.id, name: $0.name) }
    }

    @Test func everySuiteIsThere() {
        #expect(Set(Self.cases.map(\.suite)) == ["A", "B", "C", "D", "E", "F", "G"])
        #expect(Self.cases.count > 60)
    }

    @Test(
        .requirement(
            "GOSC-0113", "GOSC-0115", "GOSC-0123", "GOSC-0125", "GOSC-0126", "GOSC-0127", "GOSC-0128", "GOSC-0129",
            "GOSC-0130", "GOSC-0131", "GOSC-0132", "GOSC-0133", "GOSC-0136", "GOSC-0137", "GOSC-0148", "GOSC-0149",
            "GOSC-0150", "GOSC-0151", "GOSC-0152", "GOSC-0153", "GOSC-0154", "GOSC-0280", "GOSC-0283",
            "GOSC-0001", "GOSC-0138", "GOSC-0139", "GOSC-0140", "GOSC-0142", "GOSC-0143", "GOSC-0159", "GOSC-0190",
            "GOSC-0191", "GOSC-0217", "GOSC-0222", "GOSC-0245", "GOSC-0252", "GOSC-0258", "GOSC-0259", "GOSC-0281",
            "GOSC-0286"),
        arguments: cases)
    func messagesAreProtectedByteForByte(test: Case) throws {
        let vector = try test.vector()
        let sender = try test.context(of: vector.senderId, vector: vector)
        let (outerCode, body) = try protect(vector, by: sender, binding: test.binding(vector))
        #expect(Hex.encode(body) == Hex.encode(Self.protectedBody(vector)))
        #expect(outerCode == (vector.isRequest ? .post : .changed))
        // What went into it, step by step.
        #expect(Hex.encode(sender.trace.externalAAD) == vector.aadArray)
        #expect(Hex.encode(sender.trace.nonce) == vector.nonce)
        #expect(hex(sender.buffers.plaintext) == vector.plaintext)
        if vector.mode == "group" {
            #expect(hex(sender.buffers.structure) == vector.toBeSigned)
            #expect(hex(sender.buffers.signature) == vector.signature)
            #expect(hex(sender.buffers.info) == vector.keystreamInfo)
            #expect(hex(sender.buffers.salt) == vector.keystreamSalt)
            #expect(hex(sender.buffers.keystream) == vector.keystream)
        } else {
            #expect(hex(sender.buffers.outgoing.structure) == vector.aad)
        }
    }

    @Test(
        .requirement(
            "GOSC-0001", "GOSC-0182", "GOSC-0200", "GOSC-0205", "GOSC-0208", "GOSC-0226", "GOSC-0232", "GOSC-0254",
            "GOSC-0260"), arguments: cases)
    func messagesVerifyAtTheOtherEnd(test: Case) throws {
        let vector = try test.vector()
        let reader = vector.isRequest ? (vector.recipientId ?? "77") : "25"
        let receiver = try test.context(of: reader, vector: vector)
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
            #expect(request.binding.isGroupMode == (vector.mode == "group"))
            guard case .replay = receiver.verifyRequest(message) else {
                Issue.record("accepted twice")
                return
            }
        } else {
            let binding = try test.binding(vector)
            let response = try receiver.verifyResponse(message, to: binding).get()
            #expect(response.message == expected)
            #expect(response.sender.description == vector.senderId)
        }
    }

    /// RFC 9338 §3.3 read to the letter gives four items; a parameter of the context chooses.
    @Test(.requirement("GOSC-0116", "CSIG-0004"))
    func aContextWithFourItemsSignsTheVariantOfTheVectors() throws {
        let vector = try #require(
            GroupVectors.suiteA.messages.first { $0.variant4ElementCountersignStructure != nil })
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

    /// What a vector's message looks like between token and end: outer options, 0xff, payload.
    static func protectedBody(_ vector: GroupVectors.GroupMessage) -> [UInt8] {
        wireBody(option: bytes(vector.oscoreOptionValue), payload: bytes(vector.payload))
    }

    private func protect(
        _ vector: GroupVectors.GroupMessage, by sender: GroupContext, binding: GroupRequestBinding
    ) throws -> (Code?, [UInt8]) {
        let plaintext = bytes(vector.plaintext)
        let code = Code(rawValue: plaintext[0])
        let plain = Array(plaintext.dropFirst())
        let partialIV = vector.partialIv.flatMap { PartialIV(decoding: bytes($0)) }
        let option = bytes(vector.oscoreOptionValue)
        let decoded = try OSCOREOption(option.span)
        let fields = GroupResponseFields(
            partialIV: partialIV, includesKid: decoded.kid != nil, includesGroupID: decoded.kidContext != nil)
        var outerCode: Code?
        let body = try [UInt8](capacity: plain.count + GroupContext.maximumExpansion) { output in
            switch (vector.isRequest, vector.mode) {
            case (true, "group"):
                outerCode = try sender.protectGroupRequest(
                    code: code, body: plain.span, partialIV: try #require(partialIV), into: &output
                ).outerCode
            case (true, _):
                outerCode = try sender.protectPairwiseRequest(
                    code: code, body: plain.span, to: try #require(SenderID(bytes(vector.recipientId))),
                    partialIV: try #require(partialIV), into: &output
                ).outerCode
            case (false, "group"):
                outerCode = try sender.protectGroupResponse(
                    code: code, body: plain.span, to: binding, fields: fields, into: &output)
            case (false, _):
                outerCode = try sender.protectPairwiseResponse(
                    code: code, body: plain.span, to: binding, fields: fields, into: &output)
            }
        }
        return (outerCode, body)
    }
}

/// What stands between token and end of a protected message without other outer options.
func wireBody(option: [UInt8], payload: [UInt8]) -> [UInt8] {
    var body: [UInt8] = []
    var writer = OptionWriter()
    writer.write(.oscore, option.span, into: &body)
    writer.writePayload(payload.span, into: &body)
    return body
}

/// The content of scratch memory.
func copy(_ scratch: borrowing Scratch) -> [UInt8] {
    [UInt8](copying: scratch.bytes)
}

/// The content of scratch memory as hex.
func hex(_ scratch: borrowing Scratch) -> String {
    Hex.encode([UInt8](copying: scratch.bytes))
}

/// A secret as hex.
func hex(_ secret: borrowing SecretBytes) -> String {
    Hex.encode([UInt8](copying: secret.bytes))
}
