internal import DatagramTransport
internal import Glibc
internal import Synchronization

/// The one thread of an endpoint: it waits for datagrams, for due timers and for jobs, and runs them one at a time.
///
/// Also an executor: the endpoint's actor lives on it, and a task that prefers it runs without changing threads.
final class EndpointLoop: SerialExecutor, TaskExecutor {
    private let poll: DatagramPoll
    private let queue = Mutex(Queue())
    /// `pthread_self` of the loop's thread; 0 until it runs.
    private let threadID = Atomic<UInt>(0)

    private struct Queue {
        var jobs: [UnownedJob] = []
        var isStopped = false
    }

    init(_ poll: DatagramPoll) {
        self.poll = poll
    }

    /// Starts the thread. The core belongs to it from now on.
    func start(_ core: EndpointCore) throws(SystemErrorNumber) {
        // Nobody else keeps the core but the actor, which lives on this thread.
        nonisolated(unsafe) let core = core
        _ = try SystemThread(name: "gosc-endpoint") { [self] in
            threadID.store(UInt(pthread_self()), ordering: .releasing)
            unsafe run(core)
        }
    }

    /// Ends the thread; jobs that still come run elsewhere.
    func stop() {
        queue.withLock { $0.isStopped = true }
        poll.wake()
    }

    private func run(_ core: EndpointCore) {
        var jobs: [UnownedJob] = []
        var rounds = 0
        while takeJobs(into: &jobs) {
            for job in jobs {
                unsafe job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
            jobs.removeAll(keepingCapacity: true)
            // Jobs make others, mostly few times in a row: what they all send leaves in one system call.
            rounds += 1
            if hasJobs, rounds < Self.roundsBeforeLook { continue }
            rounds = 0
            core.flush()
            core.wait(on: poll, hurries: hasJobs)
        }
        core.shutDown()
    }

    /// So many times jobs go before datagrams and timers.
    private static let roundsBeforeLook = 4

    private var hasJobs: Bool { queue.withLock { !$0.jobs.isEmpty || $0.isStopped } }

    private func takeJobs(into jobs: inout [UnownedJob]) -> Bool {
        queue.withLock { queue in
            swap(&queue.jobs, &jobs)
            return !queue.isStopped || !jobs.isEmpty
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        let isTaken = queue.withLock { queue in
            guard !queue.isStopped else { return false }
            queue.jobs.append(unowned)
            return true
        }
        if !isTaken {
            globalConcurrentExecutor.enqueue(unowned)
        } else if !isCurrent {
            poll.wake()
        }
    }

    private var isCurrent: Bool { threadID.load(ordering: .acquiring) == UInt(pthread_self()) }

    func checkIsolated() {
        precondition(isCurrent, "called from outside the endpoint's thread")
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
    func asUnownedTaskExecutor() -> UnownedTaskExecutor { unsafe UnownedTaskExecutor(ordinary: self) }
}
