import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// From an invitation to a member, and back.
struct EnrolmentTests {
    @Test func anInvitationBecomesATokenAnAssociationAMember() throws {
        let manager = try TestManager(seed: 1)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 2)
        let answer = try node.join(manager)
        #expect(answer.code == .created)
        #expect(answer.options.locationPath == ["ace-group", "g7", "nodes", "switch"])
        let payload = answer.payload
        let response = try JoinResponse(decoding: payload.span)
        #expect(response.key.senderID == [0])
        #expect(try node.ask(manager, .get, "ace-group/g7/num").payload == [0])
        #expect(try node.ask(manager, .get, "ace-group/g7/active").payload == [0xf5])
        #expect(try node.ask(manager, .get, "ace-group/g7/policies").code == .content)
        #expect(try node.ask(manager, .get, "ace-group/g7/kdc-cred").code == .content)
        #expect(try node.ask(manager, .get, "ace-group/g7/creds").code == .content)
        let renewed = try node.ask(manager, .post, "ace-group/g7/nodes/switch")
        #expect(renewed.code == .content)
        #expect(renewed.payload == [0xa1, 0x15, 0x41, 0x01])
        #expect(try node.ask(manager, .delete, "ace-group/g7/nodes/switch").code == .deleted)
        #expect(manager.store.snapshot.members.isEmpty)
        #expect(manager.store.snapshot.staleSenderIDs.count == 2)
        #expect(try node.join(manager).code == .created)
    }
}
