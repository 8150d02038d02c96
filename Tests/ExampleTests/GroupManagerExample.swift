import ACEGroupcomm
import CoAP
import CoAPEngine
import GroupManager
import TestSupport
import Testing

struct GroupManagerExample {
    @Test func createsAGroup() throws {
        var random = SeededGenerator(seed: 1)
        let (now, wallClock) = (MonotonicInstant(nanoseconds: 0), UnixTime(seconds: 1_800_000_000))
        // example: groupmanager
        let identity = try ManagerIdentityRecord.generate(name: "manager", random: &random)
        let manager = try ManagerEngine(
            loading: ManagerSnapshot(identity: identity), settings: ManagerSettings(), layer: MessageLayer())

        let group = CreateGroupRequest(configuration: GroupConfiguration(groupName: "lights", active: true))
        var effects: [ManagerEffect] = []
        manager.administer(
            AdminRequest(code: .post, path: ["gosc", "groups"], payload: group.encoded()), id: AdminRequestID(1),
            at: now, wallClock: wallClock, random: &random, effects: &effects)

        // What a shell does: nothing is answered before the change is durable.
        var answer: AdminResponse?
        while !effects.isEmpty {
            switch effects.removeFirst() {
            case .commit(let changes):
                manager.committed(
                    changes.id, at: now, wallClock: wallClock, random: &random, effects: &effects)
            case .answer(_, let response): answer = response
            case .send, .event: continue
            }
        }
        // end
        #expect(answer?.code == .created)
        #expect(manager.state.groups["lights"] != nil)
    }
}
