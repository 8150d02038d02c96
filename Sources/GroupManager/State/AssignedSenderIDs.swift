/// The Sender IDs that were handed out under one Gid of a group, and to whom. They only grow, but for what is taken back.
///
/// There is one for each membership that has ever been under the Gid, so of its record only that is kept which the others do
/// not have, in sixteen bytes and eight more.
struct AssignedSenderIDs: Hashable, Sendable {
    private let groupName: String
    private let groupID: [UInt8]
    private var taken = PlaceSet()
    /// The earliest of each client.
    private var earliest: [ClientIdentity: Assignment] = [:]
    /// What clients got later, the earliest first.
    private var later: [ClientIdentity: [Assignment]] = [:]
    /// Those of nobody known, and such as this manager would not hand out.
    private var others: [[UInt8]: AssignedSenderIDRecord] = [:]
    private(set) var count = 0
    /// The lowest place that is not taken: so it costs no search to find one, however many are.
    private(set) var firstFreePlace = 0

    init(groupName: String, groupID: [UInt8]) {
        self.groupName = groupName
        self.groupID = groupID
    }

    /// As a store keeps them; in no particular order.
    var records: [AssignedSenderIDRecord] {
        let single = earliest.map { record($1, of: $0) }
        return single + later.flatMap { client, own in own.map { record($0, of: client) } } + others.values
    }

    /// Notes one; `false` if it was handed out before.
    mutating func insert(_ record: AssignedSenderIDRecord) -> Bool {
        let place = Self.place(of: record.senderID)
        guard others[record.senderID] == nil, place.map({ taken.insert($0) }) ?? true else { return false }
        count += 1
        // Each place is passed once: those below stay taken.
        while taken.contains(firstFreePlace) { firstFreePlace += 1 }
        if let client = record.client, let assignment = Assignment(record) {
            // The clock may have been set back.
            set((assignments(of: client) + [assignment]).sorted(), of: client)
        } else {
            others[record.senderID] = record
        }
        return true
    }

    /// Takes back the insertion of a record.
    mutating func remove(_ record: AssignedSenderIDRecord) {
        if let client = record.client, let assignment = Assignment(record) {
            let own = assignments(of: client)
            guard own.contains(assignment) else { return }
            set(own.filter { $0 != assignment }, of: client)
        } else {
            guard others.removeValue(forKey: record.senderID) != nil else { return }
        }
        count -= 1
        guard let place = Self.place(of: record.senderID) else { return }
        taken.remove(place)
        firstFreePlace = min(firstFreePlace, place)
    }

    /// For how many seconds a client has to wait for the next one; `nil` if it may have one now.
    ///
    /// - Parameters:
    ///   - limit: How many it may get in any period, 1 or more.
    ///   - period: In seconds.
    ///   - now: In seconds since 1970.
    func wait(of client: ClientIdentity, limit: Int, period: UInt64, now: UInt64) -> UInt64? {
        let own = assignments(of: client)
        guard own.count >= max(limit, 1) else { return nil }
        let earliest = own[own.count - max(limit, 1)].time
        // Nobody waits longer than a period for a clock that was set back.
        let passed = now - min(earliest, now)
        return passed < period ? period - passed : nil
    }

    private func assignments(of client: ClientIdentity) -> [Assignment] {
        (earliest[client].map { [$0] } ?? []) + (later[client] ?? [])
    }

    private mutating func set(_ assignments: [Assignment], of client: ClientIdentity) {
        earliest[client] = assignments.first
        later[client] = assignments.count > 1 ? Array(assignments[1...]) : nil
    }

    private func record(_ assignment: Assignment, of client: ClientIdentity) -> AssignedSenderIDRecord {
        AssignedSenderIDRecord(
            groupName: groupName, groupID: groupID,
            senderID: Self.senderID(at: assignment.place, longest: Self.longestSenderID) ?? [], client: client,
            assignedAt: assignment.time)
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
    private static let longestSenderID = 2

    /// When somebody got which: seconds since 1970, and the place below them.
    private struct Assignment: Hashable, Comparable {
        private let rawValue: UInt64

        /// `nil` for an identifier without a place, and where the time is missing or is none.
        init?(_ record: AssignedSenderIDRecord) {
            guard let place = AssignedSenderIDs.place(of: record.senderID), let time = record.assignedAt,
                time < 1 << (64 - Self.placeBits)
            else { return nil }
            rawValue = time << Self.placeBits | UInt64(place)
        }

        var place: Int { Int(rawValue & (1 << Self.placeBits - 1)) }
        var time: UInt64 { rawValue >> Self.placeBits }

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

        /// For 65,792 places.
        private static let placeBits: UInt64 = 17
    }
}
