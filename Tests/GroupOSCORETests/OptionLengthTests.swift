import Bytes
import GroupOSCORE
import OSCORE
import TestSupport
import Testing

struct OptionLengthTests {
    // RFC 8613 §2 gives an option value 255 bytes.
    @Test(.requirement("GOSC-0146"))
    func theLongestGidLeavesRoomForTheLongestPartialIVAndKid() throws {
        let gid = [UInt8](repeating: 0xaa, count: 241)
        #expect(GroupID(gid + [0xaa]) == nil)
        let groupID = try #require(GroupID(gid))
        let kid = try #require(SenderID([1, 2, 3, 4, 5, 6, 7]))
        var value: [UInt8] = []
        OSCOREOption.write(
            isGroupMode: true, partialIV: .maximum, kidContext: groupID.bytes.span, kid: kid, into: &value)
        #expect(value.count == 255)
        let option = try OSCOREOption(value.span)
        let partialIV = option.partialIV
        #expect(partialIV == .maximum)
        guard let readGid = option.kidContext, let readKid = option.kid else {
            Issue.record("fields are missing")
            return
        }
        let (isGid, isKid) = (groupID.matches(readGid), kid.matches(readKid))
        #expect(isGid && isKid)
    }
}
