import ACEGroupcomm
import ServiceShell
import Testing

@testable import gosc

struct InvitationInputTests {
    private let invitation = Invitation(
        managerAddress: "[::1]:5683", masterSecret: [UInt8](repeating: 7, count: 16),
        clientSenderID: [UInt8](repeating: 1, count: 7), managerSenderID: [0], groupName: "demo-lights",
        nodeName: "lamp-1", roles: .responder, managerCredentialHash: [UInt8](repeating: 9, count: 32), expiry: 1)

    @Test func wholeInvitationIsRead() throws {
        #expect(try InvitationInput.parse(invitation.text + "\n", source: "a file") == invitation)
    }

    @Test func everyDamageIsToldWithoutRepeatingTheSecret() throws {
        var mistyped = Array(invitation.text)
        mistyped[40] = mistyped[40] == "a" ? "b" : "a"
        let texts = ["", "hello", String(invitation.text.dropLast(30)), String(mistyped), "gosc1:"]
        for text in texts {
            let failure = #expect(throws: CommandFailure.self) { try InvitationInput.parse(text, source: "the file") }
            #expect(failure?.exitCode == .badInput)
            #expect(failure?.line.hasPrefix("the file ") == true)
            #expect(failure?.line.contains(String(invitation.text.dropFirst(6).prefix(12))) == false)
        }
    }
}
