import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// Nothing that is logged, and no error, says a secret.
struct SecretTests {
    @Test(.requirement("GM-0166", "GM-0370", "GM-0486", "GM-0487"))
    func noEventAndNoErrorSaysASecret() throws {
        let (manager, journey) = try TestManager.withJourney(seed: 341)
        var errors: [Message] = []
        for step in Journey.Step.allCases {
            // Each step fails in several ways before it succeeds.
            manager.failsNextCommit = true
            errors += try journey.association(for: step).openOwn(
                manager.deliver(journey.datagram(step), from: journey.node.address))
            manager.failsNextCommit = false
            var message = try journey.message(step)
            var random = SeededGenerator(seed: 342)
            for _ in 0..<50 where !message.payload.isEmpty {
                message.payload = try journey.message(step).payload.mutated(using: &random)
                let datagram = try journey.association(for: step).protect(message)
                let answers = try journey.association(for: step).openOwn(
                    manager.deliver(datagram, from: journey.node.address))
                errors += answers.filter { !$0.code.isSuccess }
            }
            let open = try journey.node.open.askOpenly(manager, journey.message(step))
            if !open.code.isSuccess { errors.append(open) }
            // A mutated join or leave may have succeeded; the step itself may say so.
            let answers = try journey.association(for: step).openOwn(
                manager.deliver(journey.datagram(step), from: journey.node.address))
            if step == .token, let answer = answers.first { try journey.take(step, answer, manager) }
            errors += answers.filter { !$0.code.isSuccess }
        }
        _ = try manager.ask(.delete, "gosc/groups/g7/invitations/switch")
        _ = try manager.ask(.get, "gosc/groups/g9")
        #expect(errors.count > 100 && manager.events.count > 100)
        for (name, secret) in try secrets(manager, journey) {
            for answer in errors {
                #expect(!contains(answer.payload, secret), "\(name) in \(answer.code)")
            }
            for event in Set(manager.events) {
                #expect(!SecretScan.finds(secret, in: event), "\(name) in \(event)")
            }
        }
        // What the log is for is in it.
        let text = manager.events.map { "\($0)" }.joined()
        for word in [
            "tokenIssued", "tokenUploaded", "joined", "senderIDRenewed", "credentialChanged", "left", "g7", "switch",
        ] {
            #expect(text.contains(word), "\(word)")
        }
    }

    /// Nor do what an operator asks for, what is dumped, and what is on the wire in the clear.
    @Test(.requirement("GM-0166", "GM-0300", "GM-0456", "GM-0487"))
    func noSecretIsInTheClear() throws {
        let (manager, journey) = try TestManager.withJourney(seed: 343)
        for step in Journey.Step.allCases { try journey.perform(step, manager) }
        var text = ""
        dump(manager.store, to: &text)
        for (name, secret) in try secrets(manager, journey) where name != "token" {
            for path in ["manage", "manage/g7", "gosc/status", "gosc/groups/g7", "gosc/groups/g7/members"] {
                #expect(!contains(try manager.ask(.get, path).payload, secret), "\(name) in \(path)")
            }
            #expect(!text.contains("\(secret)") && !text.contains(Hex.encode(secret)), "\(name)")
            for case .send(let datagram) in manager.history {
                #expect(!contains(datagram.bytes, secret), "\(name)")
            }
        }
    }

    private func contains(_ bytes: [UInt8], _ secret: [UInt8]) -> Bool {
        Hex.encode(bytes).contains(Hex.encode(secret.prefix(8)))
    }

    private func secrets(_ manager: TestManager, _ journey: Journey) throws -> [(String, [UInt8])] {
        let keys = try #require(manager.store.tokenKeys)
        let identity = try #require(manager.store.identity)
        let group = try #require(manager.store.groups["g7"]).record
        return [
            ("shared key", [UInt8](copying: keys.sharedKey.bytes)),
            ("agreement key", [UInt8](copying: keys.agreementKey.bytes)),
            ("seed", [UInt8](copying: identity.signingSeed.bytes)),
            ("group", [UInt8](copying: group.masterSecret.bytes)),
            ("invitation", journey.node.invitation.masterSecret),
            ("material", try #require(journey.node.material).masterSecret),
            ("token", journey.node.token),
        ]
    }
}
