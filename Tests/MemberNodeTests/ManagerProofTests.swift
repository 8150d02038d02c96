import ACEGroupcomm
import Bytes
import GroupManager
import MemberNode
import TestSupport
import Testing

struct ManagerProofTests {
    /// The credential is the one that the invitation names; the private key of it is somebody else's.
    @Test(.requirement("GOSC-0020"))
    func aManagerWithoutItsPrivateKeyIsNotJoined() throws {
        let building = try Building(seed: 1) {
            $0.signingSeed = SecretField(copying: [UInt8](repeating: 7, count: 32).span)
        }
        let node = try building.add("switch", roles: .requester)
        #expect(node.joinFailure == .managerProof)
        #expect(node.joined == nil)
        #expect(node.store.state.membership == nil)
    }
}
