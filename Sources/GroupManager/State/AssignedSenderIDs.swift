/// The Sender IDs that were handed out under one Gid of a group, and to whom. They only grow, but for what is taken back.
struct AssignedSenderIDs: Hashable, Sendable {
    /// By Sender ID.
    private(set) var records: [[UInt8]: AssignedSenderIDRecord] = [:]
    /// The lowest place that is not taken: so it costs no search to find one, however many are.
    private(set) var firstFreePlace = 0
    /// When each client got its own, in seconds since 1970, the earliest first.
    private var times: [ClientIdentity: [UInt64]] = [:]

    var count: Int { records.count }

    /// Notes one; `false` if it was handed out before.
    mutating func insert(_ record: AssignedSenderIDRecord) -> Bool {
        guard records[record.senderID] == nil else { return false }
        records[record.senderID] = record
        // Each place is passed once: those below stay taken.
        while let senderID = Self.senderID(at: firstFreePlace, longest: Self.longestSenderID),
            records[senderID] != nil
        {
            firstFreePlace += 1
        }
        guard let client = record.client, let time = record.assignedAt else { return true }
        var own = times[client] ?? []
        // The clock may have been set back.
        own.insert(time, at: own.lastIndex { $0 <= time }.map { $0 + 1 } ?? 0)
        times[client] = own
        return true
    }

    /// Takes back the insertion of a record.
    mutating func remove(_ record: AssignedSenderIDRecord) {
        guard records.removeValue(forKey: record.senderID) != nil else { return }
        if let place = Self.place(of: record.senderID) { firstFreePlace = min(firstFreePlace, place) }
        guard let client = record.client, let time = record.assignedAt,
            let index = times[client]?.lastIndex(of: time)
        else { return }
        times[client]?.remove(at: index)
        if times[client]?.isEmpty == true { times[client] = nil }
    }

    /// For how many seconds a client has to wait for the next one; `nil` if it may have one now.
    ///
    /// - Parameters:
    ///   - limit: How many it may get in any period, 1 or more.
    ///   - period: In seconds.
    ///   - now: In seconds since 1970.
    func wait(of client: ClientIdentity, limit: Int, period: UInt64, now: UInt64) -> UInt64? {
        guard let own = times[client], own.count >= max(limit, 1) else { return nil }
        let earliest = own[own.count - max(limit, 1)]
        // Nobody waits longer than a period for a clock that was set back.
        let passed = now - min(earliest, now)
        return passed < period ? period - passed : nil
    }

    /// The identifier with this place: those of one byte first, then those of two; `nil` behind the last.
    ///
    /// - Parameter longest: In bytes.
    static func senderID(at place: Int, longest: Int) -> [UInt8]? {
        if place < 1 << 8 { return longest >= 1 ? [UInt8(truncatingIfNeeded: place)] : nil }
        let number = place - 1 << 8
        guard number < 1 << 16, longest >= 2 else { return nil }
        return [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }

    /// The place of an identifier; `nil` for one that this manager does not hand out.
    private static func place(of senderID: [UInt8]) -> Int? {
        switch senderID.count {
        case 1: Int(senderID[0])
        case 2: 1 << 8 + Int(senderID[0]) << 8 + Int(senderID[1])
        default: nil
        }
    }

    /// Two bytes make 65792 members under one Gid: more than a multicast group can serve.
    static let longestSenderID = 2
}
