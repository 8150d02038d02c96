internal import Bytes
public import CoAP

extension MessageLayer {
    /// Sends a notification. What became of it is told by ``MessageLayerEffect/notification(_:_:)``: always if it is
    /// confirmable, and otherwise only if the client resets it while it is remembered.
    ///
    /// - Returns: `nil` if it was not sent: it is too large, too many are under way, or no Message ID is free.
    public mutating func notify(
        _ notification: OutgoingNotification, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) -> NotificationID? {
        // COAP-0084
        guard notification.body.count <= Self.maximumBodyLength, notifications.count < limits.notifications,
            !notification.path.source.address.isMulticast, notification.path.source.port != 0
        else {
            counters.unsentAnswers += 1
            return nil
        }
        let id = NotificationID(number: notifications.insert(Notification(content: notification, state: .new)))
        if notification.delay > .zero {
            let timer = timers.set(.notification(id), at: now.advanced(by: notification.delay))
            notifications.update(id.number) { $0?.state = .heldBack(timer) }
        } else if !begin(id, at: now, random: &random, effects: &effects) {
            notifications.remove(id.number)
            return nil
        }
        return id
    }

    /// Puts a newer state in the place of what a notification says that is held back or not acknowledged yet.
    ///
    /// The next retransmission has the new content and a new Message ID; the time until then and the number of attempts
    /// go on (RFC 7641 §4.5.2). If the client acknowledges the older state before, the newer one follows at once as a
    /// transmission of its own under the same name.
    ///
    /// - Returns: Whether the notification was still under way. If not, nothing has happened.
    public mutating func replaceNotification(_ id: NotificationID, code: Code, body: [UInt8]) -> Bool {
        // COAP-0144
        guard body.count <= Self.maximumBodyLength, let notification = notifications[id.number] else { return false }
        notifications.update(id.number) {
            $0?.content.code = code
            $0?.content.body = body
        }
        if case .inTransit = notification.state { notifications.update(id.number) { $0?.isReplaced = true } }
        return true
    }

    /// Forgets a notification that is held back or not acknowledged; nothing is told of it any more.
    public mutating func endNotification(_ id: NotificationID) {
        guard let notification = notifications.remove(id.number) else { return }
        switch notification.state {
        case .new: break
        case .heldBack(let timer): timers.cancel(timer)
        case .inTransit(let number): forget(number)
        }
    }

    /// Sends a notification for the first time, or its newer content once the older one has arrived.
    internal mutating func begin(
        _ id: NotificationID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) -> Bool {
        guard let content = notifications[id.number]?.content,
            let messageID = messageIDs.nextForAnswer(
                to: content.path.answerDestination, at: now, random: &random)
        else {
            counters.unsentAnswers += 1
            return false
        }
        let datagram = OutgoingDatagram(content, messageID: messageID)
        if content.isConfirmable {
            let number = remember(
                datagram, messageID, .notification(id), isRetransmitted: true, at: now, random: &random)
            notifications.update(id.number) {
                $0?.state = .inTransit(number)
                $0?.isReplaced = false
            }
        } else {
            notifications.remove(id.number)
            let sentID = SentID(messageID, datagram.destination)
            sentNotifications.insert(sentID, of: id, to: datagram.destination, at: now)
        }
        effects.append(.transmit(datagram))
        return true
    }

    /// Before a retransmission: the newer content takes the place of the older, under a new Message ID. Without one the older
    /// content is sent again.
    internal mutating func renew(
        _ id: NotificationID, _ number: UInt64, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) {
        guard let notification = notifications[id.number], notification.isReplaced, let older = sent[number],
            let messageID = messageIDs.nextForAnswer(to: older.destination, at: now, random: &random)
        else { return }
        let datagram = OutgoingDatagram(notification.content, messageID: messageID)
        sent.update(number) {
            $0?.messageID = messageID
            $0?.retransmission?.datagram = datagram
        }
        sentNumbers[older.id] = nil
        sentNumbers[SentID(messageID, older.destination)] = number
        // A reset of the older one still says that no more is wanted.
        sentNotifications.insert(older.id, of: id, to: older.destination, at: now)
        notifications.update(id.number) { $0?.isReplaced = false }
    }

    /// The client has acknowledged a notification.
    internal mutating func acknowledged(
        _ id: NotificationID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) {
        guard let notification = notifications[id.number] else { return }
        guard notification.isReplaced else {
            conclude(id, .acknowledged, effects: &effects)
            return
        }
        // Somebody is there.
        notifications.update(id.number) { $0?.content.isRetransmitted = true }
        beginLater(id, at: now, random: &random, effects: &effects)
    }

    /// Sends what was held back. Without a Message ID a confirmable notification waits for one, for it may be the last
    /// that tells of this state.
    internal mutating func beginLater(
        _ id: NotificationID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) {
        guard let content = notifications[id.number]?.content,
            !begin(id, at: now, random: &random, effects: &effects)
        else { return }
        if content.isConfirmable {
            let timer = timers.set(.notification(id), at: now.advanced(by: Self.retryInterval))
            notifications.update(id.number) { $0?.state = .heldBack(timer) }
        } else {
            notifications.remove(id.number)
        }
    }

    internal mutating func conclude(
        _ id: NotificationID, _ outcome: NotificationOutcome, effects: inout [MessageLayerEffect]
    ) {
        endNotification(id)
        effects.append(.notification(id, outcome))
    }
}

extension OutgoingDatagram {
    fileprivate init(_ notification: OutgoingNotification, messageID: MessageID) {
        self.init(
            header: DatagramHeader(
                type: notification.isConfirmable ? .confirmable : .nonConfirmable, code: notification.code,
                messageID: messageID, token: notification.token), body: notification.body,
            destination: notification.path.answerDestination, source: notification.path.answerSource)
    }
}
