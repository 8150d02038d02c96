import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import GroupManager
import GroupOSCORE
import OSCORE
import TestSupport
import Testing

@testable import MemberNode

/// A manager that has no time: whoever asks comes again, and not at once.
struct BusyManagerTests {
    private static func busy(_ code: Code, _ maxAge: UInt32?) -> ResourceResponse {
        var response = ResourceResponse(code)
        response.options.maxAge = maxAge
        return response
    }

    @Test(.requirement("GM-0045", "GM-0367"))
    func everyStepOfAJoinIsBegunAgain() throws {
        let bench = try Bench(seed: 61)
        let unit = try bench.newUnit("lamp")
        bench.manager.instead = [
            "POST /token": [Self.busy(.serviceUnavailable, 5)],
            "POST /authz-info": [Self.busy(.tooManyRequests, 1), Self.busy(.tooManyRequests, 1)],
            // The last one: the manager had no room for the rest of its answer.
            "POST /ace-group/lights": [
                Self.busy(.serviceUnavailable, 5), Self.busy(.tooManyRequests, 2),
                Self.busy(.requestEntityIncomplete, nil),
            ],
        ]
        bench.join(unit, bench.manager.invite("lamp", roles: .responder), for: .seconds(60))
        #expect(unit.joined.count == 1 && unit.joinFailures.isEmpty)
        // A refused upload is no reason for another token.
        #expect(
            bench.manager.requests
                == Array(repeating: "POST /token", count: 2) + Array(repeating: "POST /authz-info", count: 3)
                + Array(repeating: "POST /ace-group/lights", count: 4))
    }

    @Test(.requirement("COAP-0077", "COAP-0078"))
    func nobodyComesSoonerThanToldAndNotAllTogether() throws {
        let bench = try Bench(seed: 62)
        let units = try (0..<8).map { try bench.newUnit("lamp-\($0)") }
        bench.manager.instead["POST /authz-info"] = Array(repeating: Self.busy(.tooManyRequests, 20), count: 8)
        for unit in units { bench.join(unit, bench.manager.invite(unit.name, roles: .responder), for: .zero) }
        let told = bench.now
        #expect(bench.manager.requests.count { $0 == "POST /authz-info" } == 8)
        bench.run(for: .seconds(60))
        #expect(units.allSatisfy { $0.joined.count == 1 })
        let uploads = units.compactMap { unit in
            bench.wire.first { $0.from == unit.address && told.duration(to: $0.at) > .seconds(1) }?.at
        }
        #expect(uploads.count == 8 && Set(uploads).count == 8)
        #expect(uploads.allSatisfy { told.duration(to: $0) > .milliseconds(19_900) })
    }

    @Test func whoIsNeverServedGivesUpAndSaysWhy() throws {
        let bench = try Bench(seed: 63)
        bench.configuration.busyPatience = .seconds(100)
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        bench.manager.alter = { name, response in
            if name == "POST /authz-info" { response = Self.busy(.tooManyRequests, 1) }
        }
        bench.join(unit, invitation, for: .seconds(90))
        #expect(unit.joinFailures.isEmpty)
        bench.run(for: .seconds(200))
        #expect(unit.joinFailures.count == 1)
        // Ever more rarely: a hundred seconds are no hundred uploads.
        #expect((5...15).contains(bench.manager.requests.count { $0 == "POST /authz-info" }))
        bench.manager.alter = { _, _ in }
        bench.run(for: .seconds(60))
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
    }

    /// Anybody can send a 4.29 in the manager's place.
    @Test func aForgedRefusalDoesNotKeepANodeAwayForADay() throws {
        let bench = try Bench(seed: 64)
        let unit = try bench.newUnit("lamp")
        bench.manager.instead["POST /authz-info"] = [Self.busy(.tooManyRequests, 86_400)]
        bench.join(unit, bench.manager.invite("lamp", roles: .responder), for: .seconds(299))
        #expect(unit.joined.isEmpty && unit.joinFailures.isEmpty)
        bench.run(for: .seconds(160))
        #expect(unit.joined.count == 1)
    }

    @Test func aBusyAuthorizationServerTakesNoTokenAway() throws {
        let bench = try Bench(seed: 65)
        let unit = try bench.add("lamp", roles: .responder)
        bench.manager.endpoint.protection.forgetClients()
        bench.manager.requests = []
        bench.manager.instead["POST /authz-info"] = [ResourceResponse(.unauthorized)]
        bench.manager.instead["POST /token"] = [Self.busy(.serviceUnavailable, 5)]
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(4))
        #expect(unit.store.state.token != nil)
        bench.run(for: .seconds(20))
        #expect(
            bench.manager.requests == [
                "POST /authz-info", "POST /token", "POST /token", "POST /authz-info", "GET /ace-group/lights/kdc-cred",
                "GET /ace-group/lights/nodes/n-lamp",
            ])
    }

    @Test func aQuestionOfAMemberIsAskedAgainToo() throws {
        let bench = try Bench(seed: 66)
        let unit = try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        bench.manager.instead["GET /ace-group/lights/kdc-cred"] = [Self.busy(.tooManyRequests, 3)]
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(8))
        #expect(bench.manager.requests == Array(repeating: "GET /ace-group/lights/kdc-cred", count: 2))
        #expect(!unit.events.contains { if case .managerRefused = $0 { true } else { false } })
    }

    /// A manager takes fifty uploads of one address at once, and ten more each second.
    @Test(.requirement("GM-0045"))
    func allNodesBehindOneAddressJoin() throws {
        let building = try Building(seed: 67)
        let address = try #require(IPv6Address("fd00::99"))
        let units = try (0..<70).map { number in
            let unit = try Building.Unit(
                name: "lamp-\(number)", address: SocketAddress(address, port: UInt16(6_000 + number)))
            building.units.append(unit)
            return unit
        }
        for unit in units {
            let invitation = try building.invite(unit.name, roles: .responder)
            building.act(unit) {
                $0.join(invitation, wallClock: building.wallClock, at: $1, random: &$2, effects: &$3)
            }
        }
        building.run(for: .seconds(60))
        #expect(units.allSatisfy { $0.joined != nil && $0.joinFailure == nil })
        #expect(building.manager.status.members == 70 && building.manager.status.joins == 70)
        #expect(building.manager.status.uploadsRefused >= 10)
    }

    /// An answer without protection may be forged, so the genuine one is waited for; but here is none.
    @Test func aBusyManagerWithoutNoncesIsAskedAgainUnderTheSameKeys() throws {
        let bench = try Bench(seed: 69)
        let unit = try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        var lost = false
        bench.delivers = { [unowned bench] sent in
            let bytes = sent.datagram.bytes
            guard !lost, sent.from == bench.manager.address, bytes[1] >> 5 == 2 else { return true }
            lost = true
            let tokenLength = Int(bytes[0] & 0x0f)
            let refusal = [0x60 | UInt8(tokenLength), 0xa3] + Array(bytes[2..<(4 + tokenLength)]) + [0xd1, 0x01, 0x02]
            bench.inject(OutgoingDatagram(bytes: refusal, destination: unit.address), from: bench.manager.address)
            return false
        }
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(9))
        #expect(lost)
        #expect(bench.manager.requests == Array(repeating: "GET /ace-group/lights/kdc-cred", count: 2))
    }

    /// When the power returns everybody reads the roster: what one has is not sent again, and a lamp has no use for lamps.
    @Test(.requirement("GM-0095"))
    func aRosterBringsWhoMattersAndIsNotKnown() throws {
        let building = try Building(seed: 68)
        let lamp = try building.add("lamp-1", roles: .responder)
        let first = try building.add("switch-1", roles: .requester)
        lamp.isRunning = false
        first.isRunning = false
        for number in 2...20 { try building.add("lamp-\(number)", roles: .responder) }
        try building.add("switch-2", roles: .requester)
        for (unit, names) in [(lamp, ["switch-1", "switch-2"]), (first, (1...20).map { "lamp-\($0)" })] {
            for _ in 0..<2 {
                try building.restart(unit)
                building.run(for: .seconds(5))
                #expect(unit.engine.snapshot.peers.compactMap(\.name).sorted() == names.sorted())
                unit.isRunning = false
            }
            // The second time there was nothing new.
            let answers = building.wire.filter { $0.datagram.destination == unit.address }.suffix(3)
            #expect(answers.allSatisfy { $0.datagram.bytes.count < 100 })
        }
    }
}
