import ServiceShell

/// What a person is told of a node without a manager.
enum UnmanagedText {
    static func identity(
        context: String, groupID: String?, senderID: String, members: [String]
    ) -> [(name: String, value: String)] {
        [
            ("kind", "unmanaged"), ("context", context), ("group ID", groupID ?? "–"),
            ("Sender ID", quoted(senderID)),
            (groupID == nil ? "peer" : "other members", members.map(quoted).joined(separator: ", ")),
        ]
    }

    private static func quoted(_ senderID: String) -> String { senderID.isEmpty ? "''" : senderID }
}

extension UnmanagedNodeStatus: Described {
    var lines: [(name: String, value: String)] {
        let reasons = counters.rejected.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return UnmanagedText.identity(context: context, groupID: groupID, senderID: senderID, members: members) + [
            ("group address", groupAddress.map { "[\($0)]:\(groupPort ?? 0)" } ?? "–"),
            ("interface", interface ?? "–"), ("own address", unicastAddress), ("process", String(process)),
            ("answers", answers ?? "–"),
            ("sequence number", "\(nextSequenceNumber), reserved up to \(reservedEnd)"),
            ("requests handled", String(counters.requestsHandled)),
            ("requests refused", String(counters.requestsRefused)), ("replays", String(counters.replays)),
            ("not accepted", reasons.isEmpty ? "–" : reasons.joined(separator: ", ")),
            ("asked for Echo", String(counters.challenges)),
        ]
    }
}
