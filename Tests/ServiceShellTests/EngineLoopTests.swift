import ServiceShell
import Testing

/// Answers each number with itself after a commit; odd commits may fail; a timer once.
private struct Recorder: LoopEngine {
    enum Effect: Hashable, Sendable {
        case write(Int)
        case say(String)
    }

    var nextDeadline: Int64?

    mutating func handle(_ input: Int, at now: Int64, effects: inout [Effect]) {
        if input < 0 {
            nextDeadline = now
            return
        }
        effects += [.say("got \(input)"), .write(input)]
    }

    mutating func handleTimers(at now: Int64, effects: inout [Effect]) {
        nextDeadline = nil
        effects.append(.say("timer"))
    }

    func commit(in effect: Effect) -> Int? {
        if case .write(let number) = effect { number } else { nil }
    }

    mutating func committed(_ commit: Int, at now: Int64, effects: inout [Effect]) {
        effects.append(.say("kept \(commit)"))
        // An input that waited for this commit may ask for one of its own.
        if commit == 10 { effects += [.write(12), .say("after \(commit)")] }
    }

    mutating func commitFailed(_ commit: Int, because error: any Error, at now: Int64, effects: inout [Effect]) {
        effects.append(.say("lost \(commit)"))
    }
}

private struct DiskFull: Error {}

struct EngineLoopTests {
    /// Feeds a loop and tells what happened, in order.
    private func story(_ inputs: [Int]) throws -> [String] {
        let journal = Mailbox<String>(capacity: 1000)
        let loop = try EngineLoop(
            name: "test", capacity: 100, makeEngine: { Recorder() },
            apply: { number in
                if number % 2 == 1 { throw DiskFull() }
                journal.put("wrote \(number)")
            },
            perform: { if case .say(let text) = $0 { journal.put(text) } })
        for input in inputs { #expect(loop.submit(input)) }
        loop.stop()
        #expect(!loop.submit(1))
        journal.close()
        var story: [String] = []
        _ = journal.take(until: nil, into: &story)
        return story
    }

    @Test func effectsAreCarriedOutInOrderAndBehindTheirCommit() throws {
        #expect(try story([2, 4]) == ["got 2", "wrote 2", "kept 2", "got 4", "wrote 4", "kept 4"])
    }

    @Test func failedCommitIsToldToTheEngine() throws {
        #expect(try story([3, 4]) == ["got 3", "lost 3", "got 4", "wrote 4", "kept 4"])
    }

    @Test func commitSetFreeByACommitComesBeforeWhatFollows() throws {
        #expect(try story([10]) == ["got 10", "wrote 10", "kept 10", "wrote 12", "kept 12", "after 10"])
    }

    @Test func timersRunBetweenInputs() throws {
        #expect(try story([-1, 2]) == ["timer", "got 2", "wrote 2", "kept 2"])
    }
}
