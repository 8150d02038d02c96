import ACEGroupcomm
import Bytes
import CBOR
import TestSupport
import Testing

struct InvitationTests {
    private let invitation = Invitation(
        managerAddress: "[2001:db8::1]:5683", masterSecret: Array(0..<16), clientSenderID: Array(1...7),
        managerSenderID: [0], groupName: "floor-2-lights", nodeName: "lamp-3", roles: [.responder],
        managerCredentialHash: Array(repeating: 7, count: 32), expiry: 1_800_000_000)

    @Test func textComesBackWhateverItsCaseAndLineBreaks() throws {
        let text = invitation.text
        #expect(text.hasPrefix("gosc1:"))
        #expect(try Invitation(parsing: text) == invitation)
        #expect(try Invitation(parsing: text.uppercased()) == invitation)
        var broken = "\n "
        for (index, character) in text.enumerated() {
            broken.append(character)
            if index > 6, index.isMultiple(of: 40) { broken += "\r\n\t" }
        }
        #expect(try Invitation(parsing: broken + "\n") == invitation)
    }

    @Test func everyPrefixIsAnError() {
        let text = invitation.text
        for count in 0..<text.count {
            #expect(throws: InvitationError.self, "\(count)") { try Invitation(parsing: String(text.prefix(count))) }
        }
        #expect(throws: InvitationError.truncated) { try Invitation(parsing: String(text.dropLast(20))) }
        #expect(throws: InvitationError.truncated) { try Invitation(parsing: "gosc1:") }
        #expect(throws: InvitationError.notAnInvitation) { try Invitation(parsing: String(text.dropFirst())) }
        #expect(throws: InvitationError.notAnInvitation) { try Invitation(parsing: "") }
    }

    @Test func everyMistypedCharacterIsFound() {
        let text = Array(invitation.text)
        for index in 6..<text.count - 1 {
            var wrong = text
            wrong[index] = text[index] == "q" ? "r" : "q"
            #expect(throws: InvitationError.self, "\(index)") { try Invitation(parsing: String(wrong)) }
        }
        // In the middle of the secret, where no length can be hit.
        var wrong = text
        wrong[60] = text[60] == "q" ? "r" : "q"
        #expect(throws: InvitationError.mistyped) { try Invitation(parsing: String(wrong)) }
        wrong[60] = "1"
        #expect(throws: InvitationError.mistyped) { try Invitation(parsing: String(wrong)) }
    }

    @Test func contentThatIsNotAllowedIsNotUnderstood() {
        let changes: [(inout Invitation) -> Void] = [
            { $0.masterSecret.removeLast() }, { $0.clientSenderID.removeLast() },
            { $0.managerSenderID = $0.clientSenderID }, { $0.groupName = "A" }, { $0.nodeName = "" },
            { $0.roles = [.monitor, .requester] }, { $0.managerCredentialHash.removeLast() },
        ]
        for change in changes {
            var odd = invitation
            change(&odd)
            let text = odd.text
            #expect(throws: InvitationError.unsupported) { try Invitation(parsing: text) }
        }
    }

    @Test func invitationEndsAtItsExpiry() throws {
        try invitation.requireUnexpired(at: 1_799_999_999)
        #expect(throws: InvitationError.expired(at: 1_800_000_000)) {
            try invitation.requireUnexpired(at: 1_800_000_000)
        }
    }

    @Test(.requirement("GM-0487"))
    func descriptionShowsNoSecret() {
        var text = "\(invitation)"
        dump(invitation, to: &text)
        #expect(!text.contains(Hex.encode(invitation.masterSecret)))
        #expect(!text.contains("\(invitation.masterSecret)"))
    }
}
