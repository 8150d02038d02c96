import OSCORE

/// Which keys a member has had in a group, and which numbers it has used under them.
///
/// The same Gid, Master Secret and Sender ID make the same Sender Key. A context that has them again, for whatever reason,
/// must neither number from the start nor accept what an earlier one may have accepted.
struct KeyHistory {
    /// One Gid with its keys.
    private final class Entry {
        let groupID: GroupID
        let identity: ContextIdentity
        /// The first number that is known to be unused, for each own Sender ID.
        var firstUnused: [SenderID: UInt64] = [:]

        init(_ context: GroupContext) {
            self.groupID = context.groupID
            self.identity = context.common.identity.duplicate()
        }
    }

    private var entries: [Entry] = []

    /// How many are remembered. The Key Generation Number keeps out what is older.
    static let maximumCount = 64

    /// Notes the keys of a context, and what it has sent under them until now.
    mutating func note(_ context: GroupContext) {
        let entry = entry(of: context) ?? append(Entry(context))
        for former in context.formerSenderIDs { entry.firstUnused[former] = .max }
        guard let own = context.senderID, let next = context.reservation?.next else { return }
        entry.firstUnused[own] = max(entry.firstUnused[own] ?? 0, next)
    }

    /// Notes that nobody knows any more which numbers were used.
    func loseNumbers() {
        for entry in entries { entry.firstUnused = entry.firstUnused.mapValues { _ in .max } }
    }

    /// Whether the Gid or the keys of a context were in use before.
    func knows(_ context: GroupContext) -> Bool {
        entries.contains { $0.groupID == context.groupID } || entry(of: context) != nil
    }

    /// Whether the Gid of a context was in use with other keys.
    func hasOtherKeys(under context: GroupContext) -> Bool {
        entries.contains { $0.groupID == context.groupID && !$0.identity.isEqual(to: context.common.identity) }
    }

    /// Whether a context would number again what was numbered under the same Sender Key.
    func repeatsNumbers(_ context: GroupContext) -> Bool {
        guard let own = context.senderID, let next = context.reservation?.next,
            let firstUnused = entry(of: context)?.firstUnused[own]
        else { return false }
        return next < firstUnused
    }

    private func entry(of context: GroupContext) -> Entry? {
        entries.first { $0.identity.isEqual(to: context.common.identity) }
    }

    private mutating func append(_ entry: Entry) -> Entry {
        if entries.count == Self.maximumCount { entries.removeFirst() }
        entries.append(entry)
        return entry
    }
}
