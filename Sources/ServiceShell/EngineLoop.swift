public import DatagramTransport

/// An engine as the loop sees it: inputs and moments go in, effects come out in order.
///
/// Times are nanoseconds of ``MonotonicClock``.
public protocol LoopEngine: SendableMetatype {
    /// A datagram, a command, whatever the engine takes from outside.
    associatedtype Input: Sendable
    /// What is to be done.
    associatedtype Effect
    /// Writes that must be durable before the engine goes on.
    associatedtype Commit

    /// Takes one input.
    mutating func handle(_ input: Input, at now: Int64, effects: inout [Effect])
    /// Takes the passing of time; called when ``nextDeadline`` has come.
    mutating func handleTimers(at now: Int64, effects: inout [Effect])
    /// When to call ``handleTimers(at:effects:)`` next; `nil`: not needed.
    var nextDeadline: Int64? { get }

    /// The commit that this effect asks for; `nil` if it asks for something else. The engine keeps back what depends on
    /// it.
    func commit(in effect: Effect) -> Commit?
    /// The commit is durable; what was kept back comes out.
    mutating func committed(_ commit: Commit, at now: Int64, effects: inout [Effect])
    /// The commit failed and nothing was written; the error is what the store said.
    mutating func commitFailed(_ commit: Commit, because error: any Error, at now: Int64, effects: inout [Effect])
}

/// The one loop of a service: takes inputs from a mailbox, drives one engine on one thread and carries out its effects
/// in order. A commit is applied before anything after it happens.
public final class EngineLoop<Engine: LoopEngine>: Sendable {
    private let mailbox: Mailbox<Engine.Input>
    private let thread: SystemThread

    /// Starts the loop.
    ///
    /// - Parameters:
    ///   - name: The name of the thread.
    ///   - capacity: How many inputs may wait.
    ///   - makeEngine: Makes the engine, on the loop's thread, where it stays.
    ///   - apply: Makes a commit durable; an error means that nothing was written. On the loop's thread.
    ///   - perform: Carries out any other effect. On the loop's thread; it must not wait for the loop.
    /// - Throws: ``SystemErrorNumber`` if no thread can be started.
    public init(
        name: String, capacity: Int, makeEngine: @escaping @Sendable () -> Engine,
        apply: @escaping @Sendable (Engine.Commit) throws -> Void,
        perform: @escaping @Sendable (Engine.Effect) -> Void
    ) throws(SystemErrorNumber) {
        let mailbox = Mailbox<Engine.Input>(capacity: capacity)
        self.mailbox = mailbox
        thread = try SystemThread(name: name) {
            var run = Run(engine: makeEngine(), apply: apply, perform: perform)
            run.loop(over: mailbox)
        }
    }

    /// Hands an input to the engine.
    ///
    /// - Returns: `false` if too many wait already, or the loop is stopping; the input is dropped then.
    @discardableResult
    public func submit(_ input: Engine.Input) -> Bool {
        mailbox.put(input)
    }

    /// Hands over an input that strangers can cause in any number: it leaves places for the owner's.
    ///
    /// - Parameter reserve: How many places it must leave free.
    /// - Returns: `false` if there is less room, or the loop is stopping; the input is dropped then.
    public func submit(_ input: Engine.Input, leaving reserve: Int) -> Bool {
        mailbox.put(input, leaving: reserve)
    }

    /// Hands over an input that strangers can cause in any number, as soon as it leaves places for the owner's; waits until
    /// then. What comes meanwhile waits where the caller has it from.
    ///
    /// - Parameter reserve: How many places it must leave free.
    /// - Returns: `false` if the loop is stopping; the input is dropped then.
    @discardableResult
    public func submitWhenThereIsRoom(_ input: Engine.Input, leaving reserve: Int) -> Bool {
        mailbox.putWhenThereIsRoom(input, leaving: reserve)
    }

    /// Refuses further inputs, waits until those that were taken are done, and ends.
    public func stop() {
        mailbox.close()
        thread.join()
    }

    deinit {
        mailbox.close()
    }
}

/// The state of the loop's thread.
private struct Run<Engine: LoopEngine> {
    var engine: Engine
    let apply: (Engine.Commit) throws -> Void
    let perform: (Engine.Effect) -> Void
    private var effects: [Engine.Effect] = []
    private var further: [Engine.Effect] = []

    init(
        engine: Engine, apply: @escaping (Engine.Commit) throws -> Void, perform: @escaping (Engine.Effect) -> Void
    ) {
        self.engine = engine
        self.apply = apply
        self.perform = perform
    }

    mutating func loop(over mailbox: Mailbox<Engine.Input>) {
        var batch: [Engine.Input] = []
        while mailbox.take(until: engine.nextDeadline, into: &batch) {
            handleTimersIfDue()
            for input in batch {
                engine.handle(input, at: MonotonicClock.now, effects: &effects)
                carryOut()
                // A long batch must not delay retransmissions and answers.
                handleTimersIfDue()
            }
        }
    }

    private mutating func handleTimersIfDue() {
        let now = MonotonicClock.now
        guard let deadline = engine.nextDeadline, deadline <= now else { return }
        engine.handleTimers(at: now, effects: &effects)
        carryOut()
    }

    /// Carries out effects in order. What a commit sets free comes directly behind it.
    private mutating func carryOut() {
        var next = 0
        while next < effects.count {
            let effect = effects[next]
            next += 1
            guard let commit = engine.commit(in: effect) else {
                perform(effect)
                continue
            }
            further.removeAll(keepingCapacity: true)
            do {
                try apply(commit)
                engine.committed(commit, at: MonotonicClock.now, effects: &further)
            } catch {
                engine.commitFailed(commit, because: error, at: MonotonicClock.now, effects: &further)
            }
            effects.insert(contentsOf: further, at: next)
        }
        effects.removeAll(keepingCapacity: true)
    }
}
