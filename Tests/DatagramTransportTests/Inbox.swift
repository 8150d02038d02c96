import Bytes
import DatagramTransport
import Foundation

/// Collects what a socket receives; waits by condition, never by time alone.
final class Inbox: Sendable {
    struct Item: Hashable, Sendable {
        let bytes: [UInt8]
        let arrival: DatagramArrival
    }

    private let condition = NSCondition()
    private nonisolated(unsafe) var collected: [Item] = []

    var items: [Item] { condition.withLock { collected } }

    func receive(_ batch: borrowing ReceivedBatch) {
        condition.lock()
        for index in 0..<batch.count {
            collected.append(Item(bytes: [UInt8](copying: batch.bytes(at: index)), arrival: batch.arrival(at: index)))
        }
        condition.broadcast()
        condition.unlock()
    }

    /// Waits until `count` datagrams are there; gives up after 10 s and returns what there is.
    func wait(for count: Int) -> [Item] {
        let limit = Date(timeIntervalSinceNow: 10)
        condition.lock()
        defer { condition.unlock() }
        while collected.count < count, condition.wait(until: limit) {}
        return collected
    }
}

extension DatagramReceiver {
    convenience init(_ socket: DatagramSocket, into inbox: Inbox) throws(TransportError) {
        try self.init(socket) { inbox.receive($0) }
    }
}
