import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Commands that wait for their turn while the group gets new keys, or while the manager is off: what was said last is done
/// last, and nobody reads it who is not to.
struct CommandOrderTests {
    private static func groupIDs(of bench: Bench, from unit: Bench.Unit) throws -> [[UInt8]] {
        try bench.wire.filter { $0.from == unit.address && $0.datagram.destination.address.isMulticast }.map {
            let bytes = $0.datagram.bytes
            let (_, offset) = try DatagramCodec.decode(bytes.span)
            let message = try ProtectedMessage(bytes.span.extracting(droppingFirst: offset))
            guard let kidContext = message.option.kidContext else { return [] }
            return [UInt8](copying: kidContext)
        }
    }

    private func street() throws -> (Bench, hub: Bench.Unit, lamp: Bench.Unit) {
        let bench = try Bench(seed: 260)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        try bench.add("thief", roles: .requester)
        bench.command(hub, "off")
        bench.run(for: .seconds(4))
        bench.wire.removeAll()
        return (bench, hub, lamp)
    }

    /// Keys that keep somebody out and that cannot be stored end the former ones. What waits for its turn must not leave under
    /// these: whoever is kept out has them.
    @Test func whatWaitsDoesNotLeaveUnderKeysThatWereGivenUp() throws {
        let (bench, hub, lamp) = try street()
        lamp.isRunning = false
        bench.command(hub, "on")
        for _ in 0..<3 { bench.command(hub, "off") }
        bench.manager.rekey(evicting: ["thief"])
        hub.store.failsNext = true
        bench.bring(to: [hub], overlap: 0)
        #expect(hub.engine.snapshot.membership?.hasKeys == false)
        bench.run(for: .seconds(20))
        #expect(try Self.groupIDs(of: bench, from: hub) == [[0xb1, 0, 0]])
        lamp.isRunning = true
        bench.bring(to: [lamp], overlap: 0)
        bench.run(for: .seconds(60))
        // It has fetched them: there is room again. The first is repeated, for nobody has answered it.
        #expect(try Self.groupIDs(of: bench, from: hub).dropFirst().allSatisfy { $0 == [0xb1, 0, 1] })
        #expect(!lamp.lamp.isOn)
    }

    /// One was waiting when the keys came, another was given while they were stored.
    @Test func whatWasGivenLaterLeavesLater() throws {
        let (bench, hub, lamp) = try street()
        // Nobody hears the first, which is repeated therefore: the second waits.
        bench.delivers = { [address = hub.address] in $0.from != address || !$0.datagram.destination.address.isMulticast }
        bench.command(hub, "on")
        bench.command(hub, "on")
        bench.manager.rekey()
        bench.bring(to: [lamp])
        bench.holds = { _ in true }
        bench.bring(to: [hub])
        bench.holds = { _ in false }
        bench.command(hub, "off")
        bench.delivers = { _ in true }
        let before = lamp.engine.counters.handlerCalls
        bench.release()
        bench.run(for: .seconds(20))
        #expect(lamp.engine.counters.handlerCalls == before + 3)
        #expect(!lamp.lamp.isOn)
    }

    /// Somebody has not answered "on", and "off" was given since: the repetition of the first comes before the second.
    @Test(arguments: [true, false])
    func aRepetitionUndoesNoLaterCommand(isGivenBefore: Bool) throws {
        let (bench, hub, lamp) = try street()
        let deaf = try bench.add("deaf", roles: .responder)
        bench.command(hub, "off")
        bench.run(for: .seconds(10))
        bench.wire.removeAll()
        deaf.isRunning = false
        bench.command(hub, "on")
        if isGivenBefore { bench.command(hub, "off") }
        bench.manager.rekey()
        bench.bring(to: [lamp, hub])
        #expect(lamp.lamp.isOn)
        if !isGivenBefore { bench.command(hub, "off") }
        bench.run(for: .seconds(20))
        // Once under the former keys, once more under the new ones, and then what came behind it.
        #expect(try Self.groupIDs(of: bench, from: hub) == [[0xb1, 0, 0], [0xb1, 0, 1], [0xb1, 0, 1]])
        #expect(!lamp.lamp.isOn)
        #expect(hub.completed.suffix(2).map(\.datagramsSent) == [2, 1])
    }

    /// Between a command that is repeated and its repetition the group gets new keys once more, which keep somebody out.
    @Test func aRepetitionLeavesUnderTheKeysOfThatMoment() throws {
        let (bench, hub, lamp) = try street()
        lamp.isRunning = false
        bench.command(hub, "on")
        bench.manager.rekey()
        bench.bring(to: [hub])
        // It is to be repeated now, and the keys that come next are being stored.
        bench.manager.rekey(evicting: ["thief"])
        bench.holds = { _ in true }
        bench.bring(to: [hub], overlap: 0)
        bench.holds = { _ in false }
        bench.run(for: .seconds(1))
        lamp.isRunning = true
        bench.release()
        bench.bring(to: [lamp], overlap: 0)
        bench.run(for: .seconds(10))
        #expect(try Self.groupIDs(of: bench, from: hub).contains([0xb1, 0, 1]) == false)
        bench.command(hub, "on")
        bench.run(for: .seconds(60))
        #expect(lamp.lamp.isOn)
    }

    /// The roster cannot be read while the manager is off: members that are known are not waited for longer because of that.
    @Test func aManagerThatIsOffDoesNotSlowDownTheGroup() throws {
        let (bench, hub, lamp) = try street()
        bench.delivers = { [manager = bench.manager.address] in
            $0.from != manager && $0.datagram.destination != manager
        }
        bench.run(for: .seconds(10))
        let before = lamp.engine.counters.handlerCalls
        for _ in 0..<50 {
            bench.command(hub, "on")
            bench.run(for: .milliseconds(20))
        }
        #expect(bench.wire.contains { $0.datagram.destination == bench.manager.address })
        bench.run(for: .milliseconds(500))
        #expect(lamp.engine.counters.handlerCalls == before + 50)
        #expect(hub.failed.isEmpty && hub.completed.suffix(50).allSatisfy { $0.answered == 1 })
    }

    /// "off" has reached everybody but one, and "on" before it, too: whoever was off then hears "off" once more, and nobody "on".
    @Test func whatWasUndoneIsNotRepeated() throws {
        let (bench, hub, lamp) = try street()
        let deaf = try bench.add("deaf", roles: .responder)
        bench.command(hub, "off")
        bench.run(for: .seconds(10))
        deaf.isRunning = false
        bench.wire.removeAll()
        bench.command(hub, "on")
        bench.run(for: .milliseconds(500))
        #expect(lamp.lamp.isOn)
        bench.command(hub, "off")
        bench.command(hub, "", .get)
        bench.run(for: .milliseconds(300))
        #expect(!lamp.lamp.isOn)
        let before = lamp.engine.counters.handlerCalls
        bench.manager.rekey()
        bench.bring(to: [lamp, hub])
        bench.run(for: .seconds(10))
        #expect(try Self.groupIDs(of: bench, from: hub).count { $0 == [0xb1, 0, 1] } == 2)
        #expect(!lamp.lamp.isOn && lamp.engine.counters.handlerCalls == before + 2)
        #expect(hub.completed.suffix(3).map(\.datagramsSent).sorted() == [1, 2, 2])
        #expect(hub.completed.suffix(3).allSatisfy { $0.missing == ["deaf"] })
    }

    /// The only one that was missing is a member no more: there is nothing to repeat, and nothing to wait for but the deadline.
    @Test func whoeverIsGoneIsNotWaitedForOverAndOver() throws {
        let (bench, hub, lamp) = try street()
        lamp.isRunning = false
        bench.command(hub, "on")
        bench.manager.rekey(evicting: ["lamp"])
        bench.bring(to: [hub], overlap: 0)
        let sent = bench.now
        var calls = 0
        while bench.now < sent.advanced(by: .seconds(5)), calls < 1_000 {
            guard let deadline = hub.engine.nextDeadline else { break }
            bench.run(for: max(.milliseconds(1), bench.now.duration(to: deadline)))
            calls += 1
        }
        #expect(calls < 100)
        #expect(hub.completed.last?.expected == 0 && hub.completed.last?.datagramsSent == 1)
    }

    /// Whoever gave the first command has gone, and the second waited for what would become of it.
    @Test func whatIsCancelledHoldsUpNobody() throws {
        let (bench, hub, lamp) = try street()
        lamp.isRunning = false
        let request = Message(code: .put, options: Options(), payload: [])
        bench.act(hub) { engine, now, random, effects in
            engine.send(GroupCommand(id: GroupCommand.ID(1), request: request), at: now, random: &random, effects: &effects)
            engine.send(GroupCommand(id: GroupCommand.ID(2), request: request), at: now, random: &random, effects: &effects)
        }
        bench.manager.rekey()
        bench.bring(to: [hub])
        bench.command(hub, "on")
        let completed = hub.completed.count
        bench.act(hub) { engine, now, _, effects in
            engine.cancel(GroupCommand.ID(1), at: now, effects: &effects)
            engine.cancel(GroupCommand.ID(2), at: now, effects: &effects)
        }
        // Each has its end, also the one that never left.
        #expect(hub.completed.count == completed + 2)
        #expect(hub.completed.suffix(2).map(\.datagramsSent).sorted() == [0, 1])
        lamp.isRunning = true
        bench.bring(to: [lamp])
        bench.run(for: .seconds(1))
        #expect(lamp.lamp.isOn)
    }
}
