import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// Whoever does not answer holds up nobody else.
struct DistributionShareTests {
    /// Members of g7 that are silent, and some of another group that answer.
    private func group(silent: Int, of count: Int, limit: Int = 64) throws -> ControlledGroup {
        let group = try ControlledGroup(
            (0..<count).map { ("n\(10_000 + $0)", .responder) }, settings: { $0.deliveriesAtOnce = limit })
        for member in group.members.prefix(silent) { member.respond = { _ in nil } }
        try group.manager.change { snapshot in
            let others = Set(group.members.suffix(count - silent).map(\.name))
            for index in snapshot.members.indices where others.contains(snapshot.members[index].name) {
                snapshot.members[index].groupName = "other"
            }
        }
        return group
    }

    private func rekeyOther(_ group: ControlledGroup) throws {
        #expect(try group.manager.ask(.post, "gosc/groups/other/rekey").code == .changed)
        try group.deliver(group.manager.sentByAdministration)
    }

    /// However many of one group do not answer, those of another are told at once.
    @Test(.requirement("GM-0330"), arguments: [64, 4])
    func aGroupThatDoesNotAnswerLeavesRoomForOthers(limit: Int) throws {
        let group = try group(silent: 100, of: 120, limit: limit)
        try group.rekey()
        #expect(group.told.count == limit * 3 / 4)
        try rekeyOther(group)
        #expect(group.members.suffix(20).allSatisfy { $0.requests.count == 1 })
        #expect(group.outcomes.count == 1)
        // And those who are silent are tried all the same, each.
        try group.pass(.seconds(400))
        #expect(group.members.prefix(100).allSatisfy { !$0.datagrams.isEmpty })
        #expect(group.outcomes.count == 2)
    }

    /// Notices to nodes that are off take no more than a quarter of the places, so that keys find some.
    @Test(.requirement("GM-0330", "GM-0347"))
    func keysDoNotWaitForNotices() throws {
        let group = try group(silent: 100, of: 120)
        for member in group.members.prefix(100) {
            #expect(try group.manager.ask(.delete, "gosc/groups/g7/members/\(member.name)").code == .deleted)
            try group.deliver(group.manager.sentByAdministration)
        }
        let engine = group.manager.engine
        #expect(!engine.distributions.evictions.isEmpty)
        #expect(engine.distributions.operations.count <= 16)
        try rekeyOther(group)
        #expect(group.members.suffix(20).allSatisfy { $0.requests.count == 1 })
        try group.pass(.seconds(50))
        // Those who had no turn in time are forgotten, too.
        #expect(engine.distributions.evictions.isEmpty && engine.distributions.operations.isEmpty)
        #expect(engine.endpoint.protection.departed.isEmpty)
        #expect(group.members.prefix(16).allSatisfy { $0.requests.contains { $0.code == .delete } })
    }
}
