import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct NonceUseTests {
    /// Copies of a binding, as an application may keep them, give the nonce of the request away once.
    @Test(.requirement("GOSC-0169", "GOSC-0215"))
    func copiesOfABindingShareOneNonce() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 70)
        let binding = try server.received(try client.protectRequest(.on).0).binding
        var (first, second, third) = (binding, binding, binding)
        #expect(try server.protectResponse(.done, to: &first).fields.partialIV == nil)
        #expect(try server.protectResponse(.done, to: &second).fields.partialIV == 70)
        #expect(try server.protectPairwiseResponse(.done, to: &third).fields.partialIV == 71)
    }

    /// Even when the client is added again in between.
    @Test(.requirement("GOSC-0169"))
    func aNonceThatWasGivenAwayStaysGivenAway() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 70)
        let binding = try server.received(try client.protectRequest(.on).0).binding
        var (first, second) = (binding, binding)
        _ = try server.protectResponse(.done, to: &first)
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        try server.addRecipient(clientID, credential: credential)
        #expect(try server.protectResponse(.done, to: &second).fields.partialIV == 70)
    }

    /// A copied binding, and a client that was forgotten and learned again.
    @Test(.requirement("GOSC-0169", "OSC-0069"), arguments: [false, true])
    func aNonceStaysGivenAwayWhenTheClientIsForgottenAndLearnedAgain(healsTheWindow: Bool) throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 70)
        let binding = try server.received(try client.protectRequest(.on).0).binding
        var (first, second) = (binding, binding)
        #expect(try server.protectResponse(.done, to: &first).fields.partialIV == nil)
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        server.removeRecipient(clientID)
        // Until it is known again there is no asking what was answered.
        var third = binding
        #expect(try server.protectResponse(.done, to: &third).fields.partialIV == 70)
        try server.addRecipient(clientID, credential: credential)
        if healsTheWindow {
            let body = try client.protectRequest(.on).0.body
            guard case .unproven(let request) = server.verifyRequest(try ProtectedMessage(body.span)),
                case .verified = server.accept(request)
            else { throw BenchError.notVerified }
        }
        #expect(try server.protectResponse(.done, to: &second).fields.partialIV == 71)
        // What comes after the window was made valid may have its nonce again.
        guard healsTheWindow else { return }
        var later = try server.received(try client.protectRequest(.on).0).binding
        #expect(try server.protectResponse(.done, to: &later).fields.partialIV == nil)
    }

    /// A window that the caller vouches for tells what was received, and so what may have been answered.
    @Test(.requirement("GOSC-0169")) func aGivenWindowGivesNoNonceBack() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 70)
        var binding = try server.received(try client.protectRequest(.on).0).binding
        var copy = binding
        #expect(try server.protectResponse(.done, to: &binding).fields.partialIV == nil)
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        let window = try #require(server.replayWindow(of: clientID))
        server.removeRecipient(clientID)
        try server.addRecipient(clientID, credential: credential, replayWindow: window)
        #expect(try server.protectResponse(.done, to: &copy).fields.partialIV == 70)
        var later = try server.received(try client.protectRequest(.on).0).binding
        #expect(try server.protectResponse(.done, to: &later).fields.partialIV == nil)
    }

    /// A copy of the reservation, kept while others send, cannot bring used numbers back.
    @Test(.requirement("OSC-0069", "GOSC-0077")) func aReservationNeverGoesBack() throws {
        let member = try GroupContext.suiteA(member: "25")
        var stale = try #require(member.reservation)
        _ = try member.protectRequest(.on)
        let nonce = hex(member.buffers.nonce)
        stale.extend(to: 2000)
        member.extendReservation(to: stale.reservedEnd)
        _ = try member.protectRequest(.on)
        #expect(hex(member.buffers.nonce) != nonce)
        #expect(member.reservation?.reservedEnd == 2000)
        member.extendReservation(to: 5)
        #expect(member.reservation?.reservedEnd == 2000)
        // Nobody can assign one.
        let path: AnyKeyPath = \GroupContext.reservation
        #expect(!(path is ReferenceWritableKeyPath<GroupContext, SequenceReservation?>))
    }

    /// Only the first response may go without, also when it did not.
    @Test(.requirement("GOSC-0169")) func aSecondResponseAlwaysHasAPartialIV() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 70)
        var binding = try server.received(try client.protectRequest(.on).0).binding
        #expect(try server.protectResponse(.done, to: &binding, usesOwnPartialIV: true).fields.partialIV == 70)
        #expect(try server.protectResponse(.done, to: &binding).fields.partialIV == 71)
        #expect(try server.protectPairwiseResponse(.done, to: &binding).fields.partialIV == 72)
    }

    /// A message that turns out too long may cost a number; no other message gets that number.
    @Test(.requirement("OSC-0069")) func aMessageThatIsTooLongGivesItsNumberToNoOther() throws {
        let member = try GroupContext.suiteA(member: "25")
        let body = Message.on.body
        var failure: ProtectionError?
        let written = [UInt8](capacity: 20) { output in
            do throws(ProtectionError) {
                _ = try member.protectGroupRequest(code: .put, body: body.span, into: &output)
            } catch {
                failure = error
            }
        }
        #expect(failure == .tooLong)
        #expect(written.isEmpty)
        let nonce = hex(member.buffers.nonce)
        _ = try member.protectRequest(.on)
        #expect(hex(member.buffers.nonce) != nonce)
    }

    @Test(.requirement("GOSC-0216", "GOSC-0218", "GOSC-0219", "GOSC-0339", "GOSC-0132", "GOSC-0153"))
    func aResponseUnderANewContextCarriesItsOwnPartialIVAndTheNewGid() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 5)
        let (request, binding) = try client.protectRequest(.on)
        var served = try server.received(request).binding
        let clientLater = try GroupContext.suiteA(member: "25", afterRekey: true)
        let serverLater = try GroupContext.suiteA(member: "52", afterRekey: true)
        for number in 0..<2 {
            let response = try serverLater.protectResponse(.done, to: &served)
            #expect(
                try response.fields
                    == Message.Fields(isGroupMode: true, partialIV: UInt64(number), kid: "52", groupID: "dd12"))
            #expect(try clientLater.answered(response, to: binding).message == .done)
            // The stored request values bind it: with the new Gid in their place it does not verify.
            let forged = GroupRequestBinding(
                request: binding.request, groupID: clientLater.groupID, isGroupMode: true)
            #expect(throws: VerificationFailure.signature) { try clientLater.answered(response, to: forged) }
        }
    }

    /// Same Gid, other keying material: another context all the same.
    @Test(.requirement("GOSC-0216"))
    func anotherKeyGenerationIsAnotherContext() throws {
        let server = try GroupContext.suiteA(member: "52", sequence: 5)
        var binding = GroupRequestBinding(
            request: RequestBinding(kid: try #require(SenderID([0x25])), partialIV: try #require(PartialIV(0))),
            groupID: server.groupID, isGroupMode: true, keyGeneration: 7)
        #expect(try server.protectResponse(.done, to: &binding).fields.partialIV == 5)
    }

    /// A long random conversation of three members: no key meets a nonce twice.
    @Test(.requirement("OSC-0069", "GOSC-0077", "GOSC-0169"), arguments: 0..<20)
    func noKeyMeetsANonceTwice(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var members = try ["25", "52", "77"].map { try GroupContext.suiteA(member: $0) }
        var pending: [(responder: Int, binding: GroupRequestBinding)] = []
        var seen = Set<String>()
        for _ in 0..<300 {
            let index = Int.random(in: 0..<members.count, using: &random)
            let member = members[index]
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                let (request, _) = try member.protectRequest(.on)
                record(member, "group", &seen)
                for (other, receiver) in members.enumerated() where other != index {
                    pending.append((other, try receiver.received(request).binding))
                }
            case 1:
                let other = (index + 1) % members.count
                let (request, _) = try member.protectRequest(.on, to: members[other].ownID)
                record(member, "pairwise \(other)", &seen)
                pending.append((other, try members[other].received(request).binding))
            default:
                guard let picked = pending.randomElement(using: &random) else { continue }
                // Bindings are answered again and again, from copies.
                var binding = picked.binding
                let responder = members[picked.responder]
                if Bool.random(using: &random) {
                    _ = try responder.protectResponse(.done, to: &binding)
                    record(responder, "group", &seen)
                } else {
                    _ = try responder.protectPairwiseResponse(.done, to: &binding)
                    let client = try #require(members.firstIndex { $0.senderID == binding.request.kid })
                    record(responder, "pairwise \(client)", &seen)
                }
            }
        }
        members.removeAll()
    }

    private func record(_ member: GroupContext, _ key: String, _ seen: inout Set<String>) {
        let entry = "\(member.senderID?.description ?? "") \(key) \(Hex.encode(member.trace.nonce))"
        #expect(seen.insert(entry).inserted, "\(entry) is used twice")
    }
}
