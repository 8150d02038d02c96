import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import OSCORE
import TestSupport
import Testing

@testable import MemberNode

/// Refusals: what a member does about those that are genuine, and about those that anybody can send.
struct RecoveryTests {
    @Test(.requirement("GM-0030")) func aManagerThatForgotTheClientIsShownTheTokenAgain() throws {
        let bench = try Bench(seed: 41)
        let unit = try bench.add("lamp", roles: .responder)
        bench.manager.endpoint.protection.forgetClients()
        bench.manager.requests = []
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(10))
        // Much may have happened to whom a manager has forgotten.
        #expect(
            bench.manager.requests == [
                "POST /authz-info", "GET /ace-group/lights/kdc-cred", "GET /ace-group/lights/nodes/n-lamp",
            ])
    }

    @Test(.requirement("GM-0030")) func aTokenThatIsNotTakenAnyMoreIsReplacedOnce() throws {
        let bench = try Bench(seed: 42)
        let unit = try bench.add("switch", roles: .requester)
        bench.manager.endpoint.protection.forgetClients()
        bench.manager.requests = []
        let hints = CreationHints(
            authorizationServer: "coap://as/token",
            scope: AuthorizationScope(entries: [.user(ScopeEntry(groupName: "lights", roles: .requester))]).encoded())
        let refusal = ResourceResponse(.unauthorized, .ace, hints.encoded())
        bench.manager.instead["POST /authz-info"] = [refusal]
        var scopes: [[UInt8]?] = []
        let token = unit.store.state.token
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(20))
        #expect(
            bench.manager.requests == [
                "POST /authz-info", "POST /token", "POST /authz-info", "GET /ace-group/lights/kdc-cred",
                "GET /ace-group/lights/nodes/n-switch",
            ])
        #expect(unit.store.state.token != token)
        scopes.append(unit.store.state.token?.scope)
        #expect(scopes == [hints.scope])
        // A manager that takes none at all: each way once, and then nothing for a while.
        bench.manager.endpoint.protection.forgetClients()
        bench.manager.requests = []
        bench.manager.instead["POST /authz-info"] = [refusal, refusal, refusal, refusal]
        unit.events = []
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(20))
        #expect(bench.manager.requests == ["POST /authz-info", "POST /token", "POST /authz-info"])
        #expect(unit.events.last == .managerRefused(.managerCredential, .unprotectedAnswer(.unauthorized)))
        bench.manager.requests = []
        // A command reads the roster anew, but not now.
        bench.command(unit, "on")
        bench.run(for: .seconds(1))
        #expect(bench.manager.requests.isEmpty)
        bench.manager.instead = [:]
        bench.run(for: .seconds(60))
        bench.command(unit, "off")
        bench.run(for: .seconds(10))
        #expect(bench.manager.requests.contains("FETCH /ace-group/lights/creds"))
    }

    @Test(.requirement("GM-0030")) func aTokenThatTheAuthorizationServerDoesNotRenewIsForgotten() throws {
        let bench = try Bench(seed: 51)
        let unit = try bench.add("lamp", roles: .responder)
        bench.manager.endpoint.protection.forgetClients()
        bench.manager.requests = []
        bench.manager.instead["POST /authz-info"] = [ResourceResponse(.unauthorized)]
        bench.manager.instead["POST /token"] = [
            ResourceResponse(.badRequest, .ace, TokenErrorResponse(error: .invalidGrant).encoded())
        ]
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(20))
        #expect(bench.manager.requests == ["POST /authz-info", "POST /token"])
        #expect(unit.events.last == .managerRefused(.managerCredential, .refused(.badRequest, detail: "token error 3")))
        #expect(unit.store.state.token == nil)
        // It asks for another one when something is wanted again.
        bench.manager.requests = []
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(20))
        #expect(
            bench.manager.requests == [
                "POST /token", "POST /authz-info", "GET /ace-group/lights/kdc-cred",
                "GET /ace-group/lights/nodes/n-lamp",
            ])
    }

    /// Forged answers overtake the manager's: the genuine ones count.
    @Test(.requirement("OSC-0111")) func aForgedRefusalEndsNothing() throws {
        let bench = try Bench(seed: 43)
        bench.configuration.patience = .seconds(20)
        let unit = try bench.newUnit("lamp")
        var forgeries = 0
        bench.delivers = { [unowned bench] sent in
            let bytes = sent.datagram.bytes
            guard sent.datagram.destination == bench.manager.address, bytes[0] & 0x30 == 0, bytes[1] != 0,
                // Not the upload: what answers that, nobody can tell.
                (try? Message(code: .post, body: bytes.span.extracting(droppingFirst: 4 + Int(bytes[0] & 15))))?
                    .options.oscore != nil
            else { return true }
            forgeries += 1
            let tokenLength = Int(bytes[0] & 0x0f)
            let refusal = [0x60 | UInt8(tokenLength), 0x81] + Array(bytes[2..<(4 + tokenLength)])
            bench.inject(OutgoingDatagram(bytes: refusal, destination: unit.address), from: bench.manager.address)
            // The request itself is lost, and repeated in time.
            return forgeries.isMultiple(of: 2)
        }
        bench.join(unit, bench.manager.invite("lamp", roles: .responder), for: .seconds(60))
        #expect(forgeries >= 4)
        #expect(unit.joined.count == 1)
        #expect(bench.manager.requests.count { $0 == "POST /authz-info" } == 1)
        #expect(bench.manager.requests.count { $0 == "POST /token" } == 1)
        #expect((unit.engine.counters.rejected[.notProtected] ?? 0) >= 1)
    }

    @Test func anInvitationThatNobodyKnowsIsTold() throws {
        let bench = try Bench(seed: 44)
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        bench.manager.endpoint.protection.invitations = [:]
        bench.join(unit, invitation, for: .seconds(10))
        #expect(unit.joinFailures == [.unprotectedAnswer(.unauthorized)])
        bench.delivers = { _ in false }
        bench.join(unit, invitation, for: .seconds(300))
        #expect(unit.joinFailures.last == .unreachable)
    }

    @Test func aJoinWhoseReservationOrTokenIsNotDurableFails() throws {
        let bench = try Bench(seed: 45)
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        bench.manager.alter = { request, _ in if request == "POST /token" { unit.store.failsNext = true } }
        bench.join(unit, invitation)
        #expect(unit.joinFailures == [.storage])
        #expect(bench.manager.requests == ["POST /token"])
        bench.manager.alter = { _, _ in }
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
    }

    @Test func whoCannotReachItsManagerStaysAMember() throws {
        let bench = try Bench(seed: 49)
        let unit = try bench.add("lamp", roles: .responder)
        bench.delivers = { [address = bench.manager.address] in $0.datagram.destination != address }
        bench.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(120))
        #expect(unit.leaveFailures == [.unreachable])
        #expect(unit.left.isEmpty)
        #expect(unit.engine.snapshot.membership != nil)
        // Nor after a restart, when there is no association either.
        try bench.restart(unit)
        bench.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(120))
        #expect(unit.leaveFailures == [.unreachable, .unreachable])
    }

    @Test func aManagerThatWantsToBeSparedIsSpared() throws {
        let bench = try Bench(seed: 50)
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        var refusal = bench.manager.problem(.serviceUnavailable, .groupInactive)
        refusal.options.maxAge = 60
        bench.manager.instead["POST /ace-group/lights"] = [refusal]
        bench.join(unit, invitation)
        bench.join(unit, invitation)
        let refused = JoinFailure.refused(.serviceUnavailable, detail: nil)
        #expect(unit.joinFailures == [refused, refused])
        #expect(bench.manager.requests.count { $0 == "POST /ace-group/lights" } == 1)
        bench.run(for: .seconds(60))
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
    }

    // MARK: Errors that the manager names

    @Test(.requirement("GM-0368")) func everyErrorHasItsReaction() {
        let reactions: [UInt64: ErrorReaction] = [
            0: .join, 1: .joinWithGrantedRoles, 2: .newKeyPair, 3: .proveAnew, 4: .wait, 5: .forget, 6: .cleanUp,
            7: .stop, 8: .stop, 9: .wait,
        ]
        for id in UInt64(0)...20 {
            #expect(ErrorReaction(to: GroupcommErrorID(rawValue: id)) == reactions[id], "error \(id)")
        }
    }

    /// A join that is refused with each error.
    @Test(.requirement("GM-0368"), arguments: UInt64(0)...9)
    func aRefusedJoinIsTriedOnceMoreAtMost(id: UInt64) throws {
        let bench = try Bench(seed: 46)
        let unit = try bench.newUnit("lamp")
        let error = GroupcommErrorID(rawValue: id)
        let refusal = bench.manager.problem(.forbidden, error)
        bench.manager.instead["POST /ace-group/lights"] = [refusal, refusal, refusal]
        bench.join(unit, bench.manager.invite("lamp", roles: .responder), for: .seconds(60))
        #expect(unit.joinFailures == [.refused(.forbidden, detail: nil)])
        let start = ["POST /token", "POST /authz-info", "POST /ace-group/lights"]
        let further: [String] =
            switch id {
            // With the roles of a new token.
            case 1: start
            // With another key pair.
            case 2: ["POST /authz-info", "POST /ace-group/lights"]
            // With a new challenge.
            case 3: ["POST /authz-info", "POST /ace-group/lights"]
            default: []
            }
        #expect(bench.manager.requests == start + further)
    }

    /// A question that is refused with each error.
    @Test(.requirement("GM-0368"), arguments: UInt64(0)...9)
    func aMemberDoesWhatTheErrorSays(id: UInt64) throws {
        let bench = try Bench(seed: 47)
        let unit = try bench.add("lamp", roles: .responder)
        let refusal = bench.manager.problem(.forbidden, GroupcommErrorID(rawValue: id))
        bench.manager.instead["GET /ace-group/lights/kdc-cred"] = [refusal]
        bench.manager.requests = []
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(60))
        #expect(unit.events.contains(.managerRefused(.managerCredential, .refused(.forbidden, detail: nil))))
        let reasons: [UInt64: LeaveReason] = [0: .unknownToManager, 5: .terminated, 6: .groupDeleted]
        #expect(unit.left == reasons[id].map { [$0] } ?? [])
        // Who is not known joins again, by itself and once.
        #expect(unit.joined.count == (id == 0 ? 2 : 1))
        #expect((unit.store.state.membership == nil) == [5, 6].contains(id))
        #expect((unit.engine.snapshot.membership?.isActive == false) == (id == 9))
        #expect(bench.manager.requests.count { $0 == "GET /ace-group/lights/kdc-cred" } == 1)
    }

    @Test(.requirement("GM-0368")) func whoIsNeverKnownDoesNotJoinForEver() throws {
        let bench = try Bench(seed: 48)
        let unit = try bench.add("lamp", roles: .responder)
        let refusal = bench.manager.problem(.forbidden, .membersOnly)
        for path in ["GET /ace-group/lights/num", "GET /ace-group/lights/active"] {
            bench.manager.instead[path] = [refusal, refusal, refusal, refusal, refusal, refusal]
        }
        bench.run(for: .seconds(5 * 3_600))
        #expect(unit.joined.count == 2)
        #expect(unit.left == [.unknownToManager, .unknownToManager])
    }
}
