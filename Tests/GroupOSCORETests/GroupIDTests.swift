import Bytes
import GroupOSCORE
import TestSupport
import Testing

/// A Gid is the same bytes whether it is short enough to be held inline or not.
struct GroupIDTests {
    private static let lengths = [0, 1, 2, 3, 7, 8, 9, 14, 15, 16, 17, 30, GroupID.maximumCount]

    @Test(arguments: lengths) func bytesComeBack(count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        let value = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let groupID = try #require(GroupID(value))
        #expect(groupID.count == count)
        #expect(groupID.bytes == value)
        var written: [UInt8] = [0xaa]
        groupID.write(into: &written)
        #expect(written == [0xaa] + value)
        #expect(groupID.description == Hex.encode(value))
    }

    @Test(arguments: lengths) func onlyTheSameBytesAreTheSame(count: Int) throws {
        let value = [UInt8](repeating: 0, count: count)
        let groupID = try #require(GroupID(value))
        var others = Self.lengths.filter { $0 != count }.map { [UInt8](repeating: 0, count: $0) }
        for index in 0..<count {
            var other = value
            other[index] = 1
            others.append(other)
        }
        #expect(groupID == GroupID(value))
        let isMatch = groupID.matches(value.span)
        #expect(isMatch)
        for other in others {
            let same = groupID.matches(other.span)
            #expect(!same && groupID != GroupID(other))
        }
        #expect(Set(others.map { GroupID($0) } + [groupID]).count == others.count + 1)
    }

    @Test func whatFitsNoOptionIsNoGid() {
        #expect(GroupID([UInt8](repeating: 0, count: GroupID.maximumCount + 1)) == nil)
    }
}
