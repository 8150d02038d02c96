import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

struct JoinCredentialTests {
    /// What the manager keeps and distributes is the credential, not what it came in.
    @Test(.requirement("GOSC-0059"), arguments: ["tag", "none"])
    func onlyTheEndEntityIsDistributed(form: String) throws {
        let manager = try TestManager(seed: 61)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 62)
        let own = node.credential.bytes
        var join = try node.joinRequest(manager)
        join.clientCredential = form == "tag" ? [0xd8, 0x3d] + own : own
        let answer = try node.join(manager, join)
        #expect(answer.code == .created)
        let member = try #require(manager.store.snapshot.members.first)
        #expect(member.credential == own)
        // Another member, and what it is given.
        let second = try TestNode(try manager.invite("lamp"), seed: 63)
        let payload = try second.join(manager).payload
        let response = try JoinResponse(decoding: payload.span)
        #expect(response.peers?.first?.credential == own)
    }

    /// One private key inside is refused alone; beside another credential too?
    @Test func aPrivateKeyInAChainIsRefused() throws {
        let manager = try TestManager(seed: 71)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 72)
        let original = node.credential.bytes
        var claims = try CBORValue(decoding: original.span).mapValue ?? CBORMap()
        var key = CBORMap()
        key[1] = 1; key[-1] = 6; key[-2] = .bytes([UInt8](repeating: 3, count: 32))
        key[-4] = .bytes([UInt8](repeating: 4, count: 32))
        var cnf = CBORMap(); cnf[1] = .map(key)
        claims[8] = .map(cnf)
        var join = try node.joinRequest(manager)
        join.clientCredential = [0x82] + node.credential.bytes + CBORValue.map(claims).encoded()
        #expect(try node.join(manager, join).code == .badRequest)
    }
}
