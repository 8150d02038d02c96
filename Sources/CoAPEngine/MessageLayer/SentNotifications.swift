internal import Bytes
internal import CoAP

/// The Message IDs of notifications that nobody acknowledges: a reset that names one ends its observation. The oldest are
/// forgotten first.
internal struct SentNotifications: Sendable {
    private struct Entry: Sendable {
        let id: NotificationID
        let destination: SocketAddress
        let until: MonotonicInstant
    }

    private var entries: [MessageLayer.SentID: Entry] = [:]
    private var oldest = FIFO<(sentID: MessageLayer.SentID, until: MonotonicInstant)>()
    private let lifetime: Duration
    private let capacity: Int

    var count: Int { entries.count }

    init(lifetime: Duration, capacity: Int) {
        self.lifetime = lifetime
        self.capacity = max(capacity, 0)
    }

    mutating func insert(
        _ sentID: MessageLayer.SentID, of id: NotificationID, to destination: SocketAddress, at now: MonotonicInstant
    ) {
        while let first = oldest.first, first.until <= now || oldest.count >= capacity {
            if entries[first.sentID]?.until == first.until { entries[first.sentID] = nil }
            oldest.removeFirst()
        }
        guard capacity > 0 else { return }
        let until = now.advanced(by: lifetime)
        entries[sentID] = Entry(id: id, destination: destination, until: until)
        oldest.append((sentID, until))
    }

    /// The notification that a reset from there means; it is forgotten.
    mutating func take(_ sentID: MessageLayer.SentID, from source: SocketAddress, at now: MonotonicInstant)
        -> NotificationID?
    {
        guard let entry = entries[sentID], entry.until > now, entry.destination.isSameEndpoint(as: source) else {
            return nil
        }
        entries[sentID] = nil
        return entry.id
    }
}
