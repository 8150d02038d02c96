import Glibc

/// Time of this thread, in nanoseconds: on the processor, in programs and kernel together, and by the clock on the wall.
struct Spent {
    var cpu: UInt64 = 0
    var wall: UInt64 = 0

    /// A reading; only differences mean something.
    static var now: Spent { Spent(cpu: read(CLOCK_THREAD_CPUTIME_ID), wall: read(CLOCK_MONOTONIC)) }

    static func - (later: Spent, earlier: Spent) -> Spent {
        Spent(cpu: later.cpu - earlier.cpu, wall: later.wall - earlier.wall)
    }

    static func += (sum: inout Spent, other: Spent) {
        sum.cpu += other.cpu
        sum.wall += other.wall
    }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// What a manager has spent, by what it did.
struct ManagerCost {
    /// Verifying requests and deciding on them: signatures are in here.
    var decisions = Spent()
    /// Having the store make it durable.
    var commits = Spent()
    /// Protecting and sending the answers.
    var answers = Spent()

    var cpu: UInt64 { decisions.cpu + commits.cpu + answers.cpu }
    var wall: UInt64 { decisions.wall + commits.wall + answers.wall }

    static func - (later: ManagerCost, earlier: ManagerCost) -> ManagerCost {
        ManagerCost(
            decisions: later.decisions - earlier.decisions, commits: later.commits - earlier.commits,
            answers: later.answers - earlier.answers)
    }

    static func += (sum: inout ManagerCost, other: ManagerCost) {
        sum.decisions += other.decisions
        sum.commits += other.commits
        sum.answers += other.answers
    }
}
