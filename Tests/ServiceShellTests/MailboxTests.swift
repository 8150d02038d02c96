import DatagramTransport
import ServiceShell
import Testing

struct MailboxTests {
    @Test func itemsComeOutInOrderAndAtOnce() {
        let mailbox = Mailbox<Int>(capacity: 10)
        for number in 0..<5 { mailbox.put(number) }
        var batch = [99]
        #expect(mailbox.take(until: nil, into: &batch))
        #expect(batch == [0, 1, 2, 3, 4])
    }

    @Test func fullMailboxRefuses() {
        let mailbox = Mailbox<Int>(capacity: 2)
        #expect([1, 2, 3].map { mailbox.put($0) } == [true, true, false])
        var batch: [Int] = []
        _ = mailbox.take(until: nil, into: &batch)
        #expect(batch == [1, 2])
        #expect(mailbox.put(4))
    }

    /// A flood must not keep the owner's commands out.
    @Test func itemsThatLeaveRoomAreRefusedBeforeOthers() {
        let mailbox = Mailbox<Int>(capacity: 3)
        #expect([1, 2].map { mailbox.put($0, leaving: 2) } == [true, false])
        #expect([3, 4, 5].map { mailbox.put($0) } == [true, true, false])
        var batch: [Int] = []
        _ = mailbox.take(until: nil, into: &batch)
        #expect(batch == [1, 3, 4])
    }

    @Test func whoWaitsForRoomLosesNothing() async {
        let mailbox = Mailbox<Int>(capacity: 4)
        let taken = await withTaskGroup(of: [Int].self) { group in
            group.addTask {
                for number in 0..<1_000 where !mailbox.putWhenThereIsRoom(number, leaving: 2) { return [-1] }
                mailbox.close()
                return []
            }
            group.addTask {
                var all: [Int] = []
                var batch: [Int] = []
                while mailbox.take(until: nil, into: &batch) {
                    // No more than there is room for beside what others may put.
                    if batch.count > 2 { return [-2] }
                    all += batch
                }
                return all
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        let isWhole = taken.elementsEqual(0..<1_000)
        #expect(isWhole)
    }

    @Test func whoWaitsForRoomKeepsNobodyOutAndEndsWithTheMailbox() async {
        let mailbox = Mailbox<Int>(capacity: 2)
        #expect(mailbox.putWhenThereIsRoom(1, leaving: 1))
        async let isTaken = mailbox.putWhenThereIsRoom(2, leaving: 1)
        #expect(mailbox.put(3))
        mailbox.close()
        #expect(await !isTaken)
        var batch: [Int] = []
        #expect(mailbox.take(until: nil, into: &batch))
        #expect(batch == [1, 3])
    }

    @Test func deadlineEndsTheWait() {
        let mailbox = Mailbox<Int>(capacity: 2)
        var batch = [1]
        let deadline = MonotonicClock.now + 1_000_000
        #expect(mailbox.take(until: deadline, into: &batch))
        #expect(batch.isEmpty)
        #expect(MonotonicClock.now >= deadline)
        #expect(mailbox.take(until: .min, into: &batch))
    }

    @Test func closedMailboxIsEmptiedFirst() {
        let mailbox = Mailbox<Int>(capacity: 2)
        mailbox.put(1)
        mailbox.close()
        #expect(!mailbox.put(2))
        var batch: [Int] = []
        #expect(mailbox.take(until: nil, into: &batch))
        #expect(batch == [1])
        #expect(!mailbox.take(until: nil, into: &batch))
    }

    @Test func severalThreadsLoseNothing() async {
        let mailbox = Mailbox<Int>(capacity: 4000)
        await withTaskGroup { group in
            for thread in 0..<4 {
                group.addTask { for number in 0..<1000 { mailbox.put(thread * 1000 + number) } }
            }
        }
        mailbox.close()
        var batch: [Int] = []
        var all: [Int] = []
        while mailbox.take(until: nil, into: &batch) { all += batch }
        #expect(all.sorted() == Array(0..<4000))
        // Each thread's own order is kept.
        for thread in 0..<4 {
            #expect(all.filter { $0 / 1000 == thread } == all.filter { $0 / 1000 == thread }.sorted())
        }
    }
}
