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

    private var entries: [MessageID: Entry] = [:]
    private var oldest = FIFO<(messageID: MessageID, until: MonotonicInstant)>()
    private let lifetime: Duration
    private let capacity: Int

    var count: Int { entries.count }

    init(lifetime: Duration, capacity: Int) {
        self.lifetime = lifetime
        self.capacity = max(capacity, 0)
    }

    mutating func insert(
        _ messageID: MessageID, of id: NotificationID, to destination: SocketAddress, at now: MonotonicInstant
    ) {
        while let first = oldest.first, first.until <= now || oldest.count >= capacity {
            if entries[first.messageID]?.until == first.until { entries[first.messageID] = nil }
            oldest.removeFirst()
        }
        guard capacity > 0 else { return }
        let until = now.advanced(by: lifetime)
        entries[messageID] = Entry(id: id, destination: destination, until: until)
        oldest.append((messageID, until))
    }

    /// The notification that a reset from there means; it is forgotten.
    mutating func take(_ messageID: MessageID, from source: SocketAddress, at now: MonotonicInstant) -> NotificationID?
    {
        guard let entry = entries[messageID], entry.until > now, entry.destination.isSameEndpoint(as: source) else {
            return nil
        }
        entries[messageID] = nil
        return entry.id
    }
}
