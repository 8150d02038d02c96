import ACEGroupcomm
import Bytes

extension GroupRecord {
    /// How long the former keys still receive, in seconds; `nil` if they do not.
    func overlapLeft(at now: UInt64) -> UInt64? {
        let (end, overflow) = latestRekeying.at.addingReportingOverflow(latestRekeying.overlap)
        return version > 0 && !overflow && end > now ? end - now : nil
    }
}

extension GroupState {
    // GM-0305 to GM-0311
    /// What a member is told of the present keys. Holds the Master Secret: whoever asks for it wipes it.
    ///
    /// - Parameters:
    ///   - staleSenderIDs: ``replacedSenderIDs``, in order.
    ///   - now: In seconds since 1970.
    func rekeyingMessage(staleSenderIDs: [[UInt8]], newcomers: [Peer]?, now: UInt64) -> RekeyingMessage {
        RekeyingMessage(
            masterSecret: [UInt8](copying: record.masterSecret.bytes), masterSalt: record.masterSalt,
            groupID: record.groupID, version: record.version, expiration: record.expiration,
            expiresIn: record.expiration > now ? record.expiration - now : 0, staleSenderIDs: staleSenderIDs,
            newcomers: newcomers, overlap: record.latestRekeying.overlap)
    }

    /// The Sender IDs that had gone stale under the version before, in order.
    var replacedSenderIDs: [[UInt8]] {
        guard record.version > 0 else { return [] }
        return (staleSenderIDs[record.version - 1] ?? []).sorted { $0.lexicographicallyPrecedes($1) }
    }

    // GM-0311
    /// Whose joining was the reason for the present keys; `nil` if nobody's, and where they are so many that a message would
    /// get long: then members ask.
    var newcomers: [Peer]? {
        guard record.rekeyingPolicy.onJoin else { return nil }
        var found: [Peer] = []
        for member in members.values {
            guard member.keyVersion == record.version, member.joinedAt >= record.latestRekeying.at,
                let credential = member.credential, let senderID = member.senderID
            else { continue }
            guard found.count < Self.newcomersTold else { return nil }
            found.append(
                Peer(
                    credential: credential, roles: Roles(rawValue: member.roles), senderID: senderID,
                    name: member.name))
        }
        return found.isEmpty ? nil : found.sorted { $0.senderID.lexicographicallyPrecedes($1.senderID) }
    }

    /// Members that are not known to have the present keys.
    var membersBehind: [MemberRecord] { members.values.filter { $0.keyVersion < record.version } }

    /// How many they are.
    var behindCount: Int { members.values.count { $0.keyVersion < record.version } }

    private static let newcomersTold = 4
}
