import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// Whoever is no member any more because a Gid comes again is told that it may join again.
struct ElderNoticeTests {
    private func group(without: Set<String> = []) throws -> ControlledGroup {
        let group = try ControlledGroup(
            [("lamp-1", .responder), ("lamp-2", .responder)], seed: 1_711, without: without,
            settings: { $0.lastEpoch = 3 })
        try group.manager.configure("g7") { $0.reusesGroupIDs = true }
        try group.manager.change { snapshot in
            for index in snapshot.members.indices {
                snapshot.members[index].birthGroupID = [0xb1, 0, snapshot.members[index].name == "lamp-1" ? 0 : 1]
            }
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].groupID = [0xb1, 0, 3]
        }
        return group
    }

    @Test(.requirement("GM-0347", "GM-0388", "GOSC-0324"))
    func atItsControlResource() throws {
        let group = try group()
        let lamp = try group["lamp-1"]
        try group.rekey()
        #expect(lamp.requests.map(\.code) == [.delete])
        #expect(lamp.requests.map { $0.options.first(of: .groupcommError) } == [[]])
        #expect(!OptionNumber.groupcommError.isCritical)
        // It never gets the keys; the others hear who has gone.
        try group.pass(.seconds(300))
        #expect(try lamp.keys.isEmpty)
        let told = try group["lamp-2"].keys
        #expect(told.map(\.groupID) == [[0xb1, 0, 0]] && told.map(\.staleSenderIDs) == [[[0, 0]]])
        #expect(group.manager.engine.endpoint.protection.departed.isEmpty)
    }

    @Test(.requirement("GM-0211", "GM-0388"))
    func byTheEndOfWhatItObserves() throws {
        let group = try group(without: ["lamp-1"])
        let lamp = try group["lamp-1"]
        let answer = try lamp.association.ask(
            group.manager, TestClient.message(.get, "ace-group/g7/nodes/lamp-1") { $0.observe = 0 })
        #expect(answer.options.observe != nil)
        group.manager.engine.rekeyedAt["g7"] = MonotonicInstant(nanoseconds: -1_000_000_000_000)
        _ = try group.manager.ask(.post, "gosc/groups/g7/rekey")
        let own = group.manager.sentByAdministration.filter { $0.destination == lamp.address }
        let messages = try lamp.association.openOwn(own)
        #expect(messages.map(\.code) == [.notFound] && messages.map(\.problem) == [0])
    }
}
