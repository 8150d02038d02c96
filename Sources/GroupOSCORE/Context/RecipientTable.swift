import OSCORE

/// The Recipient Contexts of one Security Context, by Recipient ID.
///
/// Remembers the one asked for last: a conversation asks for the same member again and again, and hashing costs about
/// a tenth of a short message.
struct RecipientTable {
    private var contexts: [SenderID: RecipientContext] = [:]
    private var latest: RecipientContext?

    var ids: Dictionary<SenderID, RecipientContext>.Keys { contexts.keys }
    var count: Int { contexts.count }

    subscript(id: SenderID) -> RecipientContext? { contexts[id] }

    /// The context of `id`, remembered for the next time.
    @inline(__always)
    mutating func find(_ id: SenderID) -> Uncounted<RecipientContext>? {
        if let latest, latest.recipientID == id { return Uncounted(latest) }
        guard let found = contexts[id] else { return nil }
        latest = found
        return Uncounted(found)
    }

    mutating func insert(_ context: RecipientContext) {
        contexts[context.recipientID] = context
        latest = nil
    }

    mutating func remove(_ id: SenderID) -> RecipientContext? {
        latest = nil
        return contexts.removeValue(forKey: id)
    }

    func forEach(_ body: (RecipientContext) -> Void) {
        contexts.values.forEach(body)
    }
}
