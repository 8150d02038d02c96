import ACEGroupcomm
import CoAPEngine
import MemberNode
import TestSupport
import Testing

struct MemberNodeExample {
    @Test func asksToJoin() throws {
        var random = SeededGenerator(seed: 1)
        let (now, wallClock) = (MonotonicInstant(nanoseconds: 0), UnixTime(seconds: 1_800_000_000))
        let text = invitation.text
        // example: membernode
        let node = try NodeEngine(state: NodeState())
        let invitation = try Invitation(parsing: text)
        var effects: [NodeEffect] = []
        node.join(invitation, wallClock: wallClock, at: now, random: &random, effects: &effects)

        // What a shell does: keys and numbers are durable before a message under them leaves.
        var datagrams: [OutgoingDatagram] = []
        var stored = 0
        while !effects.isEmpty {
            switch effects.removeFirst() {
            case .commit(let changes):
                stored += changes.writes.count
                node.committed(changes.id, at: now, random: &random, effects: &effects)
            case .send(let datagram): datagrams.append(datagram)
            default: continue
            }
        }
        // end
        #expect(stored > 0)
        #expect(datagrams.count == 1)
    }

    private var invitation: Invitation {
        Invitation(
            managerAddress: "[::1]:5683", masterSecret: [UInt8](repeating: 1, count: 16),
            clientSenderID: [UInt8](repeating: 2, count: 7), managerSenderID: [0x01], groupName: "lights",
            nodeName: "lamp-1", roles: .responder, managerCredentialHash: [UInt8](repeating: 3, count: 32),
            expiry: 1_900_000_000)
    }
}
