internal import DatagramTransport
internal import Glibc

/// What several threads put in and one takes out, in order. Bounded: a full mailbox refuses.
public final class Mailbox<Item: Sendable>: Sendable {
    private let capacity: Int
    private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private nonisolated(unsafe) let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private nonisolated(unsafe) let room = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    // Both guarded by the mutex.
    private nonisolated(unsafe) var items: [Item] = []
    private nonisolated(unsafe) var closed = false

    /// Creates an empty mailbox.
    ///
    /// - Parameter capacity: How many items may wait, 1 or more.
    public init(capacity: Int) {
        self.capacity = capacity
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, &attributes)
        pthread_cond_init(room, nil)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_cond_destroy(room)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        room.deallocate()
        mutex.deallocate()
    }

    /// Puts an item at the end.
    ///
    /// - Returns: `false` if the mailbox is full or closed; the item is dropped then.
    @discardableResult
    public func put(_ item: Item) -> Bool {
        put(item, leaving: 0)
    }

    /// Puts an item at the end if enough room stays for others.
    ///
    /// - Parameter reserve: How many places this item must leave free.
    /// - Returns: `false` if there is less room, or the mailbox is closed; the item is dropped then.
    @discardableResult
    public func put(_ item: Item, leaving reserve: Int) -> Bool {
        withLock {
            guard !closed, items.count < capacity - reserve else { return false }
            items.append(item)
            pthread_cond_signal(condition)
            return true
        }
    }

    /// Puts an item at the end as soon as enough room stays for others; waits until then.
    ///
    /// - Parameter reserve: How many places this item must leave free; fewer than there are.
    /// - Returns: `false` if the mailbox is closed; the item is dropped then.
    @discardableResult
    public func putWhenThereIsRoom(_ item: Item, leaving reserve: Int) -> Bool {
        withLock {
            while !closed, items.count >= capacity - reserve { pthread_cond_wait(room, mutex) }
            guard !closed else { return false }
            items.append(item)
            pthread_cond_signal(condition)
            return true
        }
    }

    /// Takes everything that waits, and waits itself while nothing does.
    ///
    /// - Parameters:
    ///   - deadline: Until when, on the clock of ``MonotonicClock``; `nil`: without limit.
    ///   - batch: Is replaced by what was taken, oldest first; empty when the deadline has come.
    /// - Returns: `false` once the mailbox is closed and empty.
    public func take(until deadline: Int64?, into batch: inout [Item]) -> Bool {
        batch.removeAll(keepingCapacity: true)
        return withLock {
            while items.isEmpty, !closed {
                guard let deadline else {
                    pthread_cond_wait(condition, mutex)
                    continue
                }
                let moment = max(deadline, 0)
                var limit = timespec(
                    tv_sec: Int(moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
                if pthread_cond_timedwait(condition, mutex, &limit) == ETIMEDOUT { break }
            }
            // The two arrays change places, so that neither has to grow again.
            swap(&items, &batch)
            pthread_cond_broadcast(room)
            return !(closed && batch.isEmpty)
        }
    }

    /// Refuses further items; what waits can still be taken.
    public func close() {
        withLock {
            closed = true
            pthread_cond_broadcast(condition)
            pthread_cond_broadcast(room)
        }
    }

    private func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
