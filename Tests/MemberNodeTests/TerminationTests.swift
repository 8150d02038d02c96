import ACEGroupcomm
import BuildingAutomation
import Bytes
import CBOR
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// The manager ends a membership with a DELETE (draft-ietf-ace-key-groupcomm-oscore §10).
struct TerminationTests {
    @Test(.requirement("GM-0354"), arguments: [false, true])
    func whoIsEvictedForgetsTheGroupForGood(failsFirst: Bool) throws {
        let bench = try Bench(seed: 209)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        if failsFirst {
            lamp.store.failsNext = true
            bench.ask(lamp, ScriptedManager.delete)
            bench.run(for: .seconds(1))
            #expect(bench.manager.answers == [.serviceUnavailable])
            #expect(lamp.left.isEmpty && lamp.engine.snapshot.membership != nil)
            bench.manager.answers = []
            bench.run(for: .seconds(10))
        }
        bench.holds = { _ in true }
        bench.ask(lamp, ScriptedManager.delete)
        bench.run(for: .milliseconds(100))
        #expect(bench.manager.answers.isEmpty)
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(600))
        #expect(bench.manager.answers == [.deleted])
        #expect(lamp.left == [.terminated])
        #expect(lamp.store.state.membership == nil)
        #expect(lamp.engine.snapshot.membership == nil)
        #expect(!bench.manager.requests.contains("POST /ace-group/lights"))
        // Once more finds nobody.
        bench.ask(lamp, ScriptedManager.delete)
        bench.run(for: .seconds(1))
        #expect(bench.manager.answers == [.deleted, .notFound])
    }

    /// The Gid that it has joined under comes again: nobody wants it out.
    @Test(.requirement("GM-0389")) func anElderJoinsAgain() throws {
        let bench = try Bench(seed: 212)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        var message = ScriptedManager.delete
        message.options.append(.groupcommError, uint: 0)
        bench.ask(lamp, message)
        bench.run(for: .seconds(60))
        #expect(bench.manager.answers == [.deleted])
        #expect(lamp.left == [.unknownToManager])
        #expect(bench.manager.requests.contains("POST /ace-group/lights"))
        #expect(lamp.engine.snapshot.membership != nil && lamp.store.state.membership != nil)
    }

    /// Whatever else a DELETE has in it, it ends the membership for good.
    @Test(
        .requirement("GM-0354"),
        arguments: [
            (.groupcommError, [5]), (.groupcommError, [0, 0, 0, 0, 0, 0, 0, 0, 0]), (.eTag, [0]),
            (OptionNumber(rawValue: 65_004), []),
        ]
            as [(OptionNumber, [UInt8])])
    func anyOtherDeleteIsForGood(option: OptionNumber, value: [UInt8]) throws {
        let bench = try Bench(seed: 213)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        var message = ScriptedManager.delete
        message.options.append(option, value)
        message.payload = ProblemDetails(error: .membersOnly).encoded()
        bench.ask(lamp, message)
        bench.run(for: .seconds(600))
        #expect(lamp.left == [.terminated] && lamp.engine.snapshot.membership == nil)
        #expect(!bench.manager.requests.contains("POST /ace-group/lights"))
    }
}
