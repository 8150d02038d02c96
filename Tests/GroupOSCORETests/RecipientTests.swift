import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct RecipientTests {
    private let client = Result { try GroupContext.suiteA(member: "25") }

    /// Deleting any Recipient Context makes the windows of all that are created later invalid, whomever they belong to.
    @Test(.requirement("GOSC-0088", "GOSC-0090"))
    func afterADeletionNewWindowsAreInvalid() throws {
        let client = try client.get()
        let server = try GroupContext.suiteA(member: "52")
        let old = try client.protectRequest(.on).0
        _ = try server.received(old)
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        // Another member goes first: the window of the one that stays is as good as before.
        server.removeRecipient(try #require(SenderID([0x77])))
        #expect(try server.judged(old) == "replay")
        server.removeRecipient(clientID)
        try server.addRecipient(clientID, credential: credential)
        #expect(server.replayWindow(of: clientID)?.isValid == false)
        // The old message is genuine; that it is not delivered is what matters.
        #expect(try server.judged(old) == "unproven")
    }

    @Test(.requirement("GOSC-0089", "GOSC-0209", "GOSC-0238"))
    func forgettingAContextThatOnlySawForgeriesHasNoConsequences() throws {
        let client = try client.get()
        let server = try GroupContext.suiteA(member: "52")
        let stranger = try #require(SenderID([0x99]))
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        try server.addRecipient(stranger, credential: credential, onReception: true)
        server.removeRecipient(stranger)
        #expect(!server.hasForgottenRecipients)
        // With one genuine message it counts as a deletion.
        server.recipients = RecipientTable()
        try server.addRecipient(clientID, credential: credential, onReception: true)
        _ = try server.received(try client.protectRequest(.on).0)
        server.removeRecipient(clientID)
        #expect(server.hasForgottenRecipients)
    }

    @Test(.requirement("GOSC-0166"))
    func aMemberThatIsAddedAgainKeepsItsWindow() throws {
        let client = try client.get()
        let server = try GroupContext.suiteA(member: "52")
        let message = try client.protectRequest(.on).0
        _ = try server.received(message)
        let clientID = try client.ownID
        try server.addRecipient(clientID, credential: try #require(server.credential(of: clientID)))
        #expect(try server.judged(message) == "replay")
    }

    @Test(.requirement("GOSC-0275", "GOSC-0091", "COAP-0200"))
    func aRequestThatProvedToBeNewMakesTheWindowValid() throws {
        let client = try GroupContext.suiteA(member: "25", sequence: 10)
        let server = try GroupContext.suiteA(member: "52")
        let messages = try (0..<4).map { _ in try client.protectRequest(.on).0 }
        server.recipients[try client.ownID]?.replayWindow.invalidate()
        let body = messages[1].body
        guard case .unproven(let unproven) = server.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("an invalid window decided")
            return
        }
        #expect(unproven.sender == (try client.ownID))
        #expect(unproven.echo == nil)
        // Nothing has changed before it is accepted.
        #expect(try server.judged(messages[2]) == "unproven")
        guard case .verified(let request) = server.accept(unproven) else {
            Issue.record("not accepted")
            return
        }
        #expect(request.message == .on)
        // Its Partial IV is the lower limit: itself and everything below are refused, everything above is new.
        #expect(try messages.map { try server.judged($0) } == ["replay", "replay", "verified", "verified"])
        #expect(try messages.map { try server.judged($0) } == ["replay", "replay", "replay", "replay"])
    }

    @Test(.requirement("GOSC-0276"))
    func aValidWindowDecidesOverARequestThatWasUnproven() throws {
        let client = try client.get()
        let server = try GroupContext.suiteA(member: "52")
        let messages = try (0..<3).map { _ in try client.protectRequest(.on).0 }
        server.recipients[try client.ownID]?.replayWindow.invalidate()
        let unproven = try messages.map { message in
            let body = message.body
            guard case .unproven(let request) = server.verifyRequest(try ProtectedMessage(body.span)) else {
                throw BenchError.notVerified
            }
            return request
        }
        #expect(
            [1, 0, 1, 2, 2].map { server.accept(unproven[$0]).name } == [
                "verified", "replay", "replay", "verified", "replay",
            ])
    }

    @Test(.requirement("GOSC-0092", "GOSC-0247", "GOSC-0264"))
    func theChallengeHasAPartialIVOfItsOwn() throws {
        let client = try client.get()
        let server = try GroupContext.suiteA(member: "52", sequence: 30)
        server.recipients[try client.ownID]?.replayWindow.invalidate()
        for isGroupMode in [false, true] {
            let (request, binding) =
                try isGroupMode ? client.protectRequest(.on) : client.protectRequest(.on, to: server.ownID)
            let body = request.body
            guard case .unproven(let unproven) = server.verifyRequest(try ProtectedMessage(body.span)) else {
                Issue.record("an invalid window decided")
                return
            }
            var served = unproven.binding
            let challenge = Message(code: .unauthorized)
            let answers = [
                try server.protectResponse(challenge, to: &served),
                try server.protectPairwiseResponse(challenge, to: &served),
            ]
            for answer in answers {
                #expect(try answer.fields.partialIV != nil)
                #expect(try client.answered(answer, to: binding).message == challenge)
            }
        }
    }

    /// A request that is genuine, and of which nobody knows whether it is new.
    private func unproven(
        _ server: GroupContext, _ client: GroupContext, _ message: Message = .on
    ) throws -> GroupOSCORE.UnprovenRequest {
        server.recipients[try client.ownID]?.replayWindow.invalidate()
        let body = try client.protectRequest(message).0.body
        guard case .unproven(let request) = server.verifyRequest(try ProtectedMessage(body.span)) else {
            throw BenchError.notVerified
        }
        return request
    }

    @Test(.requirement("GOSC-0090", "GOSC-0275"))
    func anUnprovenRequestIsAcceptedOnceThoughItsSenderIsLearnedAgain() throws {
        let client = try client.get()
        let server = try GroupContext.suiteA(member: "52")
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        let request = try unproven(server, client)
        #expect(server.accept(request).name == "verified")
        server.removeRecipient(clientID)
        try server.addRecipient(clientID, credential: credential)
        #expect(server.accept(request).name == "noContext")
        // Nor with a window from before that somebody brings.
        let again = try unproven(server, client)
        let window = try #require(server.replayWindow(of: clientID))
        #expect(server.accept(again).name == "verified")
        try server.addRecipient(clientID, credential: credential, replayWindow: window)
        #expect(server.accept(again).name == "noContext")
    }

    @Test(.requirement("GOSC-0090"))
    func anUnprovenRequestIsAcceptedWithTheCredentialThatVerifiedItOnly() throws {
        let client = try client.get()
        let server = try GroupContext.suiteA(member: "52")
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        let request = try unproven(server, client)
        // The same one again changes nothing.
        try server.addRecipient(clientID, credential: credential)
        try server.addRecipient(clientID, credential: GroupContext.credential(of: GroupVectors.shared.member("77")))
        #expect(server.accept(request).name == "noContext")
        let other = try unproven(server, try GroupContext.suiteA(member: "77"))
        let member = try #require(server.credential(of: other.sender))
        try server.addRecipient(other.sender, credential: member)
        #expect(server.accept(other).name == "verified")
    }

    @Test(.requirement("GOSC-0090"))
    func anUnprovenRequestIsAcceptedByItsOwnContextOnly() throws {
        let client = try client.get()
        let server = try GroupContext.suiteA(member: "52")
        let other = try GroupContext.suiteA(member: "52")
        other.recipients[try client.ownID]?.replayWindow.invalidate()
        let request = try unproven(server, client)
        #expect(other.accept(request).name == "noContext")
        #expect(server.accept(request).name == "verified")
    }

    /// What it asks for stays hidden, also from whoever prints it.
    @Test(.requirement("GOSC-0090")) func anUnprovenRequestDoesNotPrintWhatItAsksFor() throws {
        let server = try GroupContext.suiteA(member: "52")
        let secret = Message(code: .put, options: Options(), payload: Array("open the door".utf8))
        let request = try unproven(server, try client.get(), secret)
        let verdict = GroupOSCORE.RequestVerdict.unproven(request)
        var dumped = ""
        dump(verdict, to: &dumped)
        for text in ["\(verdict)", "\(request)", String(reflecting: verdict), dumped] {
            #expect(!text.contains("100, 111, 111, 114") && !text.contains("door") && !text.contains("- 111"))
        }
    }

    /// The caller's memory keeps nothing of a message that is not handed over.
    @Test(.requirement("GOSC-0090")) func anUnprovenRequestIsWipedOutOfTheCallersMemory() throws {
        let client = try client.get()
        let server = try GroupContext.suiteA(member: "52")
        server.recipients[try client.ownID]?.replayWindow.invalidate()
        let body = try client.protectRequest(.on).0.body
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: body.count + 1)
        memory.initialize(repeating: 0xee)
        defer { memory.deallocate() }
        var output = OutputSpan(buffer: memory, initializedCount: 1)
        let outcome = server.verifyRequest(try ProtectedMessage(body.span), into: &output)
        guard case .unproven = outcome else {
            Issue.record("an invalid window decided")
            return
        }
        let count = output.finalize(for: memory)
        #expect(count == 1)
        #expect(memory[0] == 0xee)
        // Payload marker and payload.
        #expect(memory[1...3].allSatisfy { $0 == 0 })
    }

    /// A challenge answered late, when its client was forgotten and learned again meanwhile: what it sent in between would
    /// pass again behind it.
    @Test(.requirement("GOSC-0088", "GOSC-0266", "GOSC-0275"))
    func aChallengeDoesNotOutliveTheRecipientContext() throws {
        let client = try client.get()
        let server = try GroupContext.suiteA(member: "52")
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        var freshness = RequestFreshness(limit: .seconds(10))
        var random = SeededGenerator(seed: 5)
        func judged(_ message: Message) throws -> (GroupOSCORE.UnprovenRequest, RequestFreshness.Verdict) {
            let body = message.body
            guard case .unproven(let request) = server.verifyRequest(try ProtectedMessage(body.span)) else {
                throw BenchError.notVerified
            }
            return (request, freshness.judge(request, now: .zero, random: &random))
        }
        func answer(to verdict: RequestFreshness.Verdict) throws -> Message {
            guard case .challenge(let value) = verdict else { throw BenchError.notVerified }
            var request = Message.on
            request.options.echo = value.bytes
            return try client.protectRequest(request).0
        }
        server.recipients[clientID]?.replayWindow.invalidate()
        let held = try answer(to: try judged(try client.protectRequest(.on).0).1)
        let (proven, verdict) = try judged(try answer(to: try judged(try client.protectRequest(.on).0).1))
        guard case .deliver = verdict, case .verified = server.accept(proven) else {
            Issue.record("the prompt answer is not taken")
            return
        }
        let between = try client.protectRequest(.on).0
        _ = try server.received(between)
        server.removeRecipient(clientID)
        try server.addRecipient(clientID, credential: credential)
        let late = try judged(held).1
        guard case .challenge = late else {
            Issue.record("a challenge to a context that is gone proves something")
            return
        }
        #expect(try server.judged(between) == "unproven")
    }
}
