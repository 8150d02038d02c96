internal import Glibc
internal import Synchronization

/// What ends the sleep of one thread in `poll(2)`, raised by any other. (A pipe: Swift's Glibc does not show `eventfd`.)
///
/// The pipe is written only while the owner sleeps, and only once a sleep. Raising it while the owner is awake, or again,
/// is one atomic operation.
final class WakeSignal: Sendable {
    /// Readable while a sleeper has been woken.
    let readEnd: Int32
    private let writeEnd: Int32
    private let state = Atomic<UInt8>(awake)

    init() throws(SystemErrorNumber) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = unsafe withUnsafeMutableBytes(of: &ends) { raw in
            unsafe pipe2(raw.baseAddress?.assumingMemoryBound(to: Int32.self), O_CLOEXEC | O_NONBLOCK)
        }
        guard result == 0 else { throw .current }
        (readEnd, writeEnd) = ends
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Ends the owner's sleep, or keeps it from the next one.
    func raise() {
        // Releasing: what the caller wrote before, for example into a queue, is seen by whoever has noticed the signal.
        guard state.exchange(Self.raised, ordering: .acquiringAndReleasing) == Self.asleep else { return }
        var one: UInt8 = 1
        _ = unsafe write(writeEnd, &one, 1)
    }

    /// The owner is about to sleep. `false`: it must not, the signal was raised already.
    func beginSleep() -> Bool {
        state.compareExchange(
            expected: Self.awake, desired: Self.asleep, ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// The owner is awake. Says whether the signal was raised, and takes it down.
    ///
    /// - Parameter isReadable: Whether the read end was found readable.
    func endSleep(isReadable: Bool) -> Bool {
        let wasRaised = state.exchange(Self.awake, ordering: .acquiringAndReleasing) == Self.raised
        if isReadable {
            // Something else may have ended an earlier sleep between the exchange and the write in `raise`, so more than
            // one byte may be there. Whatever comes later ends one sleep too early, no more.
            var bytes: UInt64 = 0
            _ = unsafe read(readEnd, &bytes, 8)
        }
        return wasRaised
    }

    private static let awake: UInt8 = 0
    private static let asleep: UInt8 = 1
    private static let raised: UInt8 = 2
}
