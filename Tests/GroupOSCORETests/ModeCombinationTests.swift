import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct ModeCombinationTests {
    /// B1 to B4: a request in either mode, a response in either mode.
    @Test(
        .requirement("GOSC-0001", "GOSC-0117", "GOSC-0118", "GOSC-0142", "GOSC-0143"),
        arguments: [(true, true), (true, false), (false, true), (false, false)])
    func everyCombinationWorks(groupRequest: Bool, groupResponse: Bool) throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 40)
        let (request, binding) =
            try groupRequest ? client.protectRequest(.on) : client.protectRequest(.on, to: server.ownID)
        #expect(
            try request.fields
                == Message.Fields(isGroupMode: groupRequest, partialIV: 0, kid: "25", groupID: "dd11"))
        let received = try server.received(request)
        #expect(received.message == .on)
        var served = received.binding
        for number in 0..<3 {
            let response =
                try groupResponse
                ? server.protectResponse(.done, to: &served) : server.protectPairwiseResponse(.done, to: &served)
            // The first goes under the request's nonce; kid is there exactly if the request was in group mode.
            #expect(
                try response.fields
                    == Message.Fields(
                        isGroupMode: groupResponse, partialIV: number == 0 ? nil : UInt64(39 + number),
                        kid: groupRequest ? "52" : nil, groupID: nil))
            let answer = try client.answered(response, to: binding)
            #expect(answer.message == .done)
            #expect(answer.sender == (try server.ownID))
        }
    }

    /// Numbers are shared between the modes, and between requests and responses.
    @Test(.requirement("GOSC-0077"))
    func bothModesDrawFromTheSameNumbers() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        var numbers: [UInt64?] = []
        numbers.append(try client.protectRequest(.on).0.fields.partialIV)
        numbers.append(try client.protectRequest(.on, to: server.ownID).0.fields.partialIV)
        let request = try server.protectRequest(.on).0
        var binding = try client.received(request).binding
        numbers.append(try client.protectResponse(.done, to: &binding, usesOwnPartialIV: true).fields.partialIV)
        numbers.append(
            try client.protectPairwiseResponse(.done, to: &binding, usesOwnPartialIV: true).fields.partialIV)
        numbers.append(try client.protectRequest(.on).0.fields.partialIV)
        #expect(numbers == [0, 1, 2, 3, 4])
    }

    @Test(.requirement("GOSC-0011", "GOSC-0039", "GOSC-0179"))
    func aGroupWithoutPairwiseModeNeitherSendsNorReceivesIt() throws {
        let inBoth = try GroupContext.suiteA(member: "25")
        let target = try inBoth.ownID
        let (pairwise, _) = try inBoth.protectRequest(.on, to: try #require(SenderID([0x52])))
        for (aead, agreement) in [(true, false), (false, true), (false, false)] {
            var algorithms = GroupAlgorithms.suiteA
            if !aead { algorithms.aead = nil }
            if !agreement { algorithms.pairwiseKeyAgreement = nil }
            let member = try GroupContext.vectors("A", member: "52", algorithms: algorithms)
            #expect(throws: ProtectionError.modeUnavailable) { try member.protectRequest(.on, to: target) }
            #expect(try member.judged(pairwise) == "mode")
            var binding = GroupRequestBinding(
                request: RequestBinding(kid: target, partialIV: try #require(PartialIV(1))), groupID: member.groupID,
                isGroupMode: true)
            #expect(throws: ProtectionError.modeUnavailable) {
                try member.protectPairwiseResponse(.done, to: &binding)
            }
        }
    }

    @Test(.requirement("GOSC-0022", "GOSC-0029", "GOSC-0180"))
    func aGroupWithoutGroupModeNeitherSendsNorReceivesIt() throws {
        let (group, _) = try GroupContext.suiteA(member: "25").protectRequest(.on)
        for (encryption, signature) in [(true, false), (false, true), (false, false)] {
            var algorithms = GroupAlgorithms.suiteA
            if !encryption { algorithms.groupEncryption = nil }
            if !signature { algorithms.signature = nil }
            #expect(!algorithms.hasGroupMode)
            let member = try GroupContext.vectors("A", member: "52", algorithms: algorithms)
            #expect(throws: ProtectionError.modeUnavailable) { try member.protectRequest(.on) }
            #expect(try member.judged(group) == "mode")
            var binding = GroupRequestBinding(
                request: RequestBinding(
                    kid: try #require(SenderID([0x25])), partialIV: try #require(PartialIV(1))),
                groupID: member.groupID, isGroupMode: true)
            #expect(throws: ProtectionError.modeUnavailable) { try member.protectResponse(.done, to: &binding) }
            // Without pairwise mode nothing is left.
            algorithms.aead = nil
            #expect(throws: ContextError.noMode) { try algorithms.validate() }
        }
    }

    @Test(.requirement("GOSC-0250"))
    func aPairwiseMessageNeedsTheRecipientsCredential() throws {
        let client = try GroupContext.suiteA(member: "25")
        let stranger = try #require(SenderID([0x99]))
        #expect(throws: ProtectionError.unknownRecipient) { try client.protectRequest(.on, to: stranger) }
        // A failed attempt takes no number.
        #expect(client.reservation?.next == 0)
    }

    @Test(.requirement("GOSC-0223", "GOSC-0229", "GOSC-0230", "GOSC-0260"))
    func onlyTheMemberThatWasAskedMayAnswerAPairwiseRequest() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let other = try GroupContext.suiteA(member: "77")
        let (request, binding) = try client.protectRequest(.on, to: server.ownID)
        // Another member cannot read it, yet knows kid, Partial IV and Gid from outside.
        #expect(try other.judged(request) == "decryption")
        let outside = GroupRequestBinding(
            request: binding.request, groupID: binding.groupID, isGroupMode: false)
        for includesKid in [false, true] {
            for isGroupMode in [false, true] {
                let body = try [UInt8](capacity: 400) { output in
                    let plain = Message.done.body
                    let fields = GroupResponseFields(
                        partialIV: PartialIV(9), includesKid: includesKid, includesGroupID: false)
                    _ =
                        try isGroupMode
                        ? other.protectGroupResponse(
                            code: .changed, body: plain.span, to: outside, fields: fields, into: &output)
                        : other.protectPairwiseResponse(
                            code: .changed, body: plain.span, to: outside, fields: fields, into: &output)
                }
                let result = client.verifyResponse(try ProtectedMessage(body.span), to: binding)
                let failure = #expect(throws: VerificationFailure.self) { try result.get() }
                // Without kid it is tried as the asked member's, with kid it is seen to be somebody else's.
                let expected: VerificationFailure =
                    includesKid ? .wrongResponder : isGroupMode ? .signature : .decryption
                #expect(failure == expected)
            }
        }
    }

    /// A response to a group request names its sender, in both modes.
    @Test(.requirement("GOSC-0117"))
    func aResponseToAGroupRequestWithoutKidIsRefused() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let (request, binding) = try client.protectRequest(.on)
        let served = try server.received(request).binding
        for isGroupMode in [false, true] {
            let body = try [UInt8](capacity: 400) { output in
                let plain = Message.done.body
                let fields = GroupResponseFields(
                    partialIV: PartialIV(isGroupMode ? 3 : 4), includesKid: false, includesGroupID: false)
                _ =
                    try isGroupMode
                    ? server.protectGroupResponse(
                        code: .changed, body: plain.span, to: served, fields: fields, into: &output)
                    : server.protectPairwiseResponse(
                        code: .changed, body: plain.span, to: served, fields: fields, into: &output)
            }
            let result = client.verifyResponse(try ProtectedMessage(body.span), to: binding)
            #expect(throws: VerificationFailure.malformed) { try result.get() }
        }
    }
}
