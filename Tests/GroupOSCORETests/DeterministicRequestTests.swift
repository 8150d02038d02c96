import Bytes
import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct DeterministicRequestTests {
    private let question: Message = {
        var options = Options()
        options.uriPath = ["temperature"]
        return Message(code: .get, options: options)
    }()

    @Test(.requirement("CACH-0003", "CACH-0004"), arguments: [HashAlgorithm.sha256, .sha384, .sha512])
    func allMembersSendTheSameBytes(hash: HashAlgorithm) throws {
        let members = try ["25", "77"].map { try GroupContext.deterministic(member: $0, sequence: 5, hash: hash) }
        let requests = try members.map { try $0.protectDeterministicRequest(question, to: nil).0 }
        #expect(requests[0] == requests[1])
        #expect(requests[0].options.first(of: .requestHash)?.count == hash.hash?.digestLength)
        // No number is used up.
        #expect(members[0].reservation == numbers(from: 5))
        let server = try GroupContext.deterministic(member: "52", hash: hash)
        #expect(try server.asked(requests[0]).message == question)
        let fields = try requests[0].fields
        #expect(fields == Message.Fields(isGroupMode: false, partialIV: 0, kid: "dc", groupID: "dd11"))
    }

    @Test(.requirement("CACH-0008"))
    func theSameRequestIsServedAgain() throws {
        let server = try GroupContext.deterministic(member: "52")
        let client = try GroupContext.deterministic(member: "25")
        let (request, _) = try client.protectDeterministicRequest(question, to: nil)
        for _ in 0..<3 {
            #expect(try server.asked(request).message == question)
        }
    }

    @Test(.requirement("CACH-0006", "CACH-0007"))
    func observersAndOthersShareOneCiphertext() throws {
        let client = try GroupContext.deterministic(member: "25")
        var request = question
        request.options.observe = 0
        let (silent, _) = try client.protectDeterministicRequest(request, to: nil)
        let (observing, _) = try client.protectDeterministicRequest(request, to: nil, isObservation: true)
        #expect(silent.payload == observing.payload)
        #expect(silent.options.first(of: .requestHash) == observing.options.first(of: .requestHash))
        #expect(silent.options.observe == nil)
        #expect(observing.options.observe == 0)
        #expect(silent.code == .fetch)
        #expect(observing.code == .fetch)
        let server = try GroupContext.deterministic(member: "52")
        let (asked, observed) = (try server.asked(silent), try server.asked(observing))
        #expect(asked.message.options.observe == 0)
        #expect(!asked.binding.isObservation)
        #expect(observed.binding.isObservation)
    }

    // Every member has the key of every request, so a member can send anything under any hash.
    @Test(.requirement("CACH-0009"))
    func aHashThatIsNotTheRequestsIsRefused() throws {
        let server = try GroupContext.deterministic(member: "52")
        let forger = try GroupContext.deterministic(member: "25")
        let (victim, binding) = try forger.protectDeterministicRequest(question, to: nil)
        var other = question
        other.options.uriPath = ["humidity_inside"]
        let forged = try forger.encrypted(other, under: binding.requestHash, like: victim)
        #expect(try server.judgedDeterministic(forged) == "decryption")
        // The same steps with the right hash make the right message: it is the hash that was refused.
        let right = try forger.encrypted(question, under: binding.requestHash, like: victim)
        #expect(right == victim)
        var altered = victim
        altered.options.set(.requestHash, binding.requestHash.map { $0 ^ 1 })
        #expect(try server.judgedDeterministic(altered) == "decryption")
        altered.options.set(.requestHash, Array(binding.requestHash.dropLast()))
        #expect(try server.judgedDeterministic(altered) == "malformed")
        altered = victim
        altered.payload[0] ^= 1
        #expect(try server.judgedDeterministic(altered) == "decryption")
        // Not even a tag.
        altered.payload = Array(victim.payload.prefix(8))
        #expect(try server.judgedDeterministic(altered) == "decryption")
    }

    @Test(.requirement("CACH-0010"), arguments: [Code.put, .post, .delete, .patch, .iPatch])
    func whatWouldChangeSomethingIsRefused(code: Code) throws {
        let server = try GroupContext.deterministic(member: "52", sequence: 8)
        let client = try GroupContext.deterministic(member: "25")
        let command = Message(code: code, options: question.options, payload: [1])
        #expect(throws: ProtectionError.unsafeMethod) { try client.protectDeterministicRequest(command, to: nil) }
        let plain = command.body
        var made: (outerCode: Code, binding: DeterministicRequestBinding)?
        let body = try [UInt8](capacity: plain.count + 300) { output in
            made = try client.protectDeterministicRequest(
                uncheckedCode: code, body: plain.span, to: nil, isObservation: false, into: &output)
        }
        let asked = try #require(made)
        guard
            case .unsafeDeterministic(let binding) = server.verifyDeterministicRequest(try ProtectedMessage(body.span))
        else {
            Issue.record("not refused")
            return
        }
        // The refusal is protected like any response.
        let refusal = try server.protectDeterministicResponse(Message(code: .unauthorized), to: binding)
        #expect(refusal.code == .content)
        #expect(try client.answeredDeterministic(refusal, to: asked.binding).message.code == .unauthorized)
    }

    @Test(.requirement("CACH-0011"))
    func theOptionAloneChangesNothing() throws {
        let server = try GroupContext.deterministic(member: "52")
        let client = try GroupContext.deterministic(member: "25")
        var (request, _) = try client.protectRequest(.on, to: try server.ownID)
        request.options.append(.requestHash, [UInt8](repeating: 7, count: 32))
        let body = request.body
        let message = try ProtectedMessage(body.span)
        let isDeterministic = server.isDeterministicRequest(message)
        #expect(!isDeterministic)
        #expect(try server.judgedDeterministic(request) == "mode")
        #expect(try server.received(request).message == .on)
        #expect(try server.judged(request) == "replay")
    }

    @Test(.requirement("CACH-0001"))
    func theNumbersSayWhatProxiesMayDo() {
        let (hash, padding) = (OptionNumber.requestHash, OptionNumber.padding)
        #expect(hash.rawValue == 548)
        #expect(!hash.isCritical && !hash.isUnsafe && !hash.isNoCacheKey && !hash.isRepeatable)
        #expect(padding.rawValue == 64988)
        #expect(!padding.isCritical && !padding.isUnsafe && padding.isNoCacheKey && padding.isRepeatable)
    }

    @Test(.requirement("CACH-0018"))
    func paddingReachesNoHandler() throws {
        let server = try GroupContext.deterministic(member: "52")
        let client = try GroupContext.deterministic(member: "25")
        var padded = question
        padded.options.append(.padding, [UInt8](repeating: 0, count: 20))
        padded.options.append(.padding, [0])
        let (request, _) = try client.protectDeterministicRequest(padded, to: nil)
        #expect(request.payload.count > (try client.protectDeterministicRequest(question, to: nil).0.payload.count))
        #expect(try server.asked(request).message == question)
        #expect(try server.received(try client.protectRequest(padded).0).message == question)
        let (pairwise, binding) = try client.protectRequest(padded, to: try server.ownID)
        let received = try server.received(pairwise)
        #expect(received.message == question)
        var served = received.binding
        var answer = Message(code: .content, payload: [9])
        answer.options.append(.padding, [0, 0])
        let response = try server.protectResponse(answer, to: &served)
        #expect(try client.answered(response, to: binding).message == Message(code: .content, payload: [9]))
    }
}
