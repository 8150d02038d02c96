import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import GroupManager
import TestSupport
import Testing

/// Many members, and those who observe.
struct DistributionCrowdTests {
    private static func crowd(_ count: Int) -> [(String, Roles)] {
        (0..<count).map { ("n\(10_000 + $0)", $0.isMultiple(of: 50) ? .requester : .responder) }
    }

    @Test(.requirement("GM-0317", "GM-0330", "GOSC-0303"))
    func aThousandAreToldAFewAtATime() throws {
        let group = try ControlledGroup(Self.crowd(1_000), settings: { $0.liveAssociations = 256 })
        group.manager.comparesStates = false
        group.manager.forgetsHistory = true
        for index in stride(from: 3, to: 1_000, by: 100) { group.members[index].respond = { _ in nil } }
        let commits = group.manager.engine.counters.commits
        try group.rekey()
        try group.pass(.seconds(90))
        #expect(group.mostUnderWay <= 64 && group.mostUnderWay > 32)
        #expect(group.confirmed.count == 990)
        #expect(group.members.allSatisfy { $0.requests.count == 1 || $0.requests.count == 4 })
        // Many share a commit: one for numbers and one for confirmations of each window.
        #expect(group.manager.engine.counters.commits - commits < 80)
        #expect(group.manager.engine.counters.stragglers == 10)
    }

    /// On a slow link no more is under way than it carries before anything is repeated.
    @Test(.requirement("GM-0330"), arguments: [(UInt64(1_000), 8), (100, 1), (125_000, 40)])
    func aSlowLinkIsSpared(linkRate: UInt64, most: Int) throws {
        let group = try ControlledGroup(Self.crowd(40), group: { $0.linkRate = linkRate })
        try group.rekey()
        try group.pass(.seconds(60))
        #expect(group.mostUnderWay <= most && group.confirmed.count == 40)
    }

    @Test(.requirement("GM-0330"))
    func theLimitIsSharedByAllGroupsAndNoneIsForgotten() throws {
        let group = try ControlledGroup(Self.crowd(30), settings: { $0.deliveriesAtOnce = 4 })
        for member in group.members.prefix(12) { member.respond = { _ in nil } }
        try group.rekey()
        #expect(group.mostUnderWay <= 4)
        try group.pass(.seconds(90))
        #expect(group.mostUnderWay <= 4 && group.confirmed.count == 18)
        // Each was asked, though those before it did not answer.
        #expect(group.members.allSatisfy { !$0.datagrams.isEmpty })
    }

    /// Contexts that are put aside while their numbers become durable have them when they are needed.
    @Test(.requirement("GM-0493"))
    func moreMembersThanContexts() throws {
        let group = try ControlledGroup(Self.crowd(40), settings: { $0.liveAssociations = 2 })
        for _ in 0..<3 {
            try group.rekey()
            try group.pass(.seconds(10))
            #expect(group.confirmed.count == 40)
        }
        #expect(group.members.allSatisfy { $0.requests.count == 3 && $0.datagrams.count == 3 })
    }

    @Test(.requirement("GM-0314"))
    func observersAreNotifiedOfTheNewKeys() throws {
        let group = try ControlledGroup(
            [("lamp-1", .responder), ("lamp-2", .responder)], without: ["lamp-1"])
        let lamp = try group["lamp-1"]
        for path in ["ace-group/g7", "ace-group/g7/nodes/lamp-1"] {
            let answer = try lamp.association.ask(group.manager, TestClient.message(.get, path) { $0.observe = 0 })
            #expect(answer.code == .content && answer.options.observe != nil)
        }
        group.manager.holdsCommits = true
        _ = group.manager.administer(.post, "gosc/groups/g7/rekey")
        #expect(group.manager.sentByAdministration == [])
        group.manager.holdsCommits = false
        let sent = group.manager.finishCommit()
        let notifications = try lamp.association.openOwn(sent)
        #expect(notifications.count == 2)
        for notification in notifications {
            let payload = notification.payload
            #expect(notification.code == .content && notification.options.observe != nil)
            #expect(try KeyDistribution(decoding: payload.span).version == 1)
        }
        // A notification that was sent is no confirmation.
        #expect(!group.confirmed.contains("lamp-1"))
    }
}
