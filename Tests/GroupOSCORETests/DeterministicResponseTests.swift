import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct DeterministicResponseTests {
    private let question = Message(code: .get)
    private let answer = Message(code: .content, payload: Array("21 C".utf8))

    /// One exchange of client 25, with what both sides keep.
    private struct Exchange {
        let client: GroupContext
        let server: GroupContext
        let asked: DeterministicRequestBinding
        let served: DeterministicRequestBinding

        init(_ question: Message, to responder: String?, isObservation: Bool = false) throws {
            client = try GroupContext.deterministic(member: "25")
            server = try GroupContext.deterministic(member: "52", sequence: 30)
            let responder = responder.flatMap { SenderID(bytes($0)) }
            let (request, binding) = try client.protectDeterministicRequest(
                question, to: responder, isObservation: isObservation)
            asked = binding
            served = try server.asked(request).binding
        }
    }

    @Test(.requirement("CACH-0012"))
    func everyResponseHasAPartialIVOfItsOwn() throws {
        let exchange = try Exchange(question, to: "52")
        for number in UInt64(30)..<33 {
            let response = try exchange.server.protectDeterministicResponse(answer, to: exchange.served)
            #expect(try response.fields == Message.Fields(isGroupMode: true, partialIV: number, kid: "52"))
            let verified = try exchange.client.answeredDeterministic(response, to: exchange.asked)
            #expect(verified.partialIV?.value == number)
            #expect(verified.message.payload == answer.payload)
        }
        // One without is nobody's.
        var binding = exchange.served.request
        let fields = GroupResponseFields(partialIV: nil, includesKid: true, includesGroupID: false)
        let plain = answer.body
        #expect(throws: ProtectionError.requestNonceUsed) {
            _ = try [UInt8](capacity: 500) { output in
                _ = try exchange.server.protectDeterministicResponse(
                    code: .content, body: plain.span, to: exchange.served, fields: fields, into: &output)
            }
        }
        let ordinary = try exchange.server.protectResponse(answer, to: &binding)
        #expect(try ordinary.fields.partialIV != nil)
    }

    @Test(.requirement("CACH-0013"))
    func theHashBindsTheResponse() throws {
        let exchange = try Exchange(question, to: "52")
        // The same kid, Partial IV and Gid: without the hash it would be the response to any request.
        var binding = exchange.served.request
        let unbound = try exchange.server.protectResponse(answer, to: &binding, usesOwnPartialIV: true)
        #expect(throws: VerificationFailure.signature) {
            try exchange.client.answeredDeterministic(unbound, to: exchange.asked)
        }
        let (_, other) = try exchange.client.protectDeterministicRequest(
            Message(code: .get, payload: [1]), to: try exchange.server.ownID)
        let response = try exchange.server.protectDeterministicResponse(answer, to: exchange.served)
        #expect(response.options.first(of: .requestHash) == nil)
        #expect(throws: VerificationFailure.signature) {
            try exchange.client.answeredDeterministic(response, to: other)
        }
    }

    @Test(.requirement("CACH-0014"))
    func theOuterMaxAgeIsTheInnerOneOrSixty() throws {
        let exchange = try Exchange(question, to: nil)
        var response = answer
        #expect(try exchange.server.protectDeterministicResponse(response, to: exchange.served).options.maxAge == 60)
        response.options.maxAge = 30
        let protected = try exchange.server.protectDeterministicResponse(response, to: exchange.served)
        #expect(protected.options.maxAge == 30)
        #expect(protected.code == .content)
        let verified = try exchange.client.answeredDeterministic(protected, to: exchange.asked)
        #expect(verified.message.options.maxAge == 30)
        let next = exchange.server.reservation
        response.options.maxAge = 0
        #expect(throws: ProtectionError.unsupportedOption) {
            try exchange.server.protectDeterministicResponse(response, to: exchange.served)
        }
        #expect(throws: ProtectionError.unsupportedCode) {
            try exchange.server.protectDeterministicResponse(Message(code: .put), to: exchange.served)
        }
        #expect(exchange.server.reservation == next)
        let error = try exchange.server.protectDeterministicResponse(Message(code: .notFound), to: exchange.served)
        #expect(error.code == .content)
    }

    @Test(.requirement("CACH-0014"), arguments: [false, true])
    func observeStandsOutsideOnlyIfAskedForOutside(isObservation: Bool) throws {
        var request = question
        request.options.observe = 0
        let exchange = try Exchange(request, to: "52", isObservation: isObservation)
        var response = answer
        response.options.observe = 7
        let protected = try exchange.server.protectDeterministicResponse(response, to: exchange.served)
        #expect(protected.options.observe == (isObservation ? 7 : nil))
        // An inner Observe option that nobody asked for is ignored and does no harm.
        let verified = try exchange.client.answeredDeterministic(protected, to: exchange.asked)
        #expect(verified.message.options.observe == (isObservation ? 0 : nil))
        #expect(verified.message.payload == answer.payload)
    }

    @Test(.requirement("CACH-0015"))
    func onlyTheServerThatWasAskedMayAnswer() throws {
        let exchange = try Exchange(question, to: "52")
        let other = try GroupContext.deterministic(member: "77")
        let intruding = try other.protectDeterministicResponse(answer, to: exchange.served)
        #expect(throws: VerificationFailure.wrongResponder) {
            try exchange.client.answeredDeterministic(intruding, to: exchange.asked)
        }
        // Without kid it must be the one that was asked.
        let silent = try exchange.server.answered(answer, to: exchange.served, includesKid: false)
        #expect(try silent.fields.kid == nil)
        #expect(try exchange.client.answeredDeterministic(silent, to: exchange.asked).sender.description == "52")
        let disguised = try other.answered(answer, to: exchange.served, includesKid: false)
        #expect(throws: VerificationFailure.signature) {
            try exchange.client.answeredDeterministic(disguised, to: exchange.asked)
        }
    }

    @Test(.requirement("CACH-0015"))
    func aHashThatTravelsMustBeTheRequests() throws {
        let exchange = try Exchange(question, to: "52")
        let response = try exchange.server.protectDeterministicResponse(answer, to: exchange.served)
        var added = response
        added.options.append(.requestHash, exchange.asked.requestHash)
        let verified = try exchange.client.answeredDeterministic(added, to: exchange.asked)
        #expect(verified.message.options.values(of: .requestHash) == [exchange.asked.requestHash])
        added.options.set(.requestHash, exchange.asked.requestHash.map { $0 ^ 1 })
        #expect(throws: VerificationFailure.malformed) {
            try exchange.client.answeredDeterministic(added, to: exchange.asked)
        }
        var foreign = answer
        foreign.options.append(.requestHash, [1, 2, 3])
        #expect(throws: ProtectionError.unsupportedOption) {
            try exchange.server.protectDeterministicResponse(foreign, to: exchange.served)
        }
    }

    @Test(.requirement("CACH-0016"))
    func severalServersAnswerByName() throws {
        let exchange = try Exchange(question, to: nil)
        let other = try GroupContext.deterministic(member: "77")
        for server in [exchange.server, other] {
            let response = try server.protectDeterministicResponse(answer, to: exchange.served)
            let verified = try exchange.client.answeredDeterministic(response, to: exchange.asked)
            #expect(verified.sender == (try server.ownID))
        }
        let nameless = try exchange.server.answered(answer, to: exchange.served, includesKid: false)
        #expect(throws: VerificationFailure.malformed) {
            try exchange.client.answeredDeterministic(nameless, to: exchange.asked)
        }
    }

    @Test func aResponseInPairwiseModeIsRefused() throws {
        let exchange = try Exchange(question, to: "52")
        var response = try exchange.server.protectDeterministicResponse(answer, to: exchange.served)
        var value = try #require(response.options.first(of: .oscore))
        value[0] &= ~0x20
        response.options.set(.oscore, value)
        #expect(throws: VerificationFailure.mode) {
            try exchange.client.answeredDeterministic(response, to: exchange.asked)
        }
    }

    @Test func aSilentServerAndOneThatLostItsStateDoNotTakePart() throws {
        let exchange = try Exchange(question, to: "52")
        let (request, _) = try exchange.client.protectDeterministicRequest(question, to: nil)
        let silent = try GroupContext.silentServer()
        try silent.setDeterministicClient(DeterministicClient(senderID: try GroupContext.nobody()))
        #expect(try silent.judgedDeterministic(request) == "mode")
        exchange.server.noteLossOfState()
        #expect(try exchange.server.judgedDeterministic(request) == "stateLost")
        #expect(throws: ProtectionError.noSenderContext) {
            try exchange.server.protectDeterministicRequest(question, to: nil)
        }
        let other = try GroupContext.deterministic(member: "77")
        let response = try other.protectDeterministicResponse(answer, to: exchange.served)
        exchange.client.noteLossOfState()
        #expect(throws: VerificationFailure.stateLost) {
            try exchange.client.answeredDeterministic(response, to: exchange.asked)
        }
    }
}

extension GroupContext {
    /// Protects a response with or without kid.
    fileprivate func answered(
        _ answer: Message, to binding: DeterministicRequestBinding, includesKid: Bool
    ) throws -> Message {
        let plain = answer.body
        let fields = GroupResponseFields(
            partialIV: PartialIV(900), includesKid: includesKid, includesGroupID: false)
        var code: Code?
        let body = try [UInt8](capacity: plain.count + 500) { output in
            code = try protectDeterministicResponse(
                code: answer.code, body: plain.span, to: binding, fields: fields, into: &output)
        }
        return try Message(code: try #require(code), body: body.span)
    }
}
