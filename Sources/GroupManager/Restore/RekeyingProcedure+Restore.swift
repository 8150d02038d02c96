import ACEGroupcomm
import Bytes
import CryptoPrimitives

extension RekeyingProcedure {
    // GM-0396
    /// The keys of a group behind a restore: under a prefix that no Gid has begun with, and a version that the manager cannot have
    /// reached since, so that every member finds that it has missed keys.
    ///
    /// It counts from when the group was made, not from the backup: the next restore may be of an older backup, from before the
    /// restores that this store has been through, and its versions must not come again either.
    ///
    /// - Returns: `nil` if there is no Gid or version left.
    func decideRestored(random: inout some RandomNumberGenerator) -> [ManagerWrite]? {
        let elapsed = now - min(now, group.record.latestRekeying.at)
        let (above, overflow) = group.record.version.addingReportingOverflow(
            Self.restoredVersions + min(elapsed, Self.longestElapsed))
        let age = min(now - min(now, group.record.createdAt), Self.longestElapsed)
        let version = max(above, age * Self.restoredVersions)
        guard !overflow, version < UInt64(Int64.max), let prefix = state.unusedPrefix(random: &random) else {
            return nil
        }
        let groupID = GroupIDLayout(prefix: prefix, epoch: 0).bytes
        let assignment = ManagerWrite.assignGroupIDPrefix(
            GroupIDPrefixRecord(prefix: prefix, groupName: group.record.name, since: version))
        return [assignment] + group.rebirths(under: groupID) + [
            .rekeyGroup(
                GroupRekeying(
                    groupName: group.record.name, version: version,
                    groupID: groupID,
                    masterSecret: SecretField(random.secretBytes(group.configuration.masterSecretCount)),
                    masterSalt: random.bytes(8), expiration: expiration,
                    // Somebody may have to be kept out: nothing under a former Gid counts.
                    latest: LatestRekeying(at: now, overlap: 0)))
        ]
    }

    /// More than a manager rekeys between two backups, and far more than in a second.
    private static let restoredVersions: UInt64 = 1 << 16
    /// In seconds: a hundred years, whatever the clock says.
    private static let longestElapsed: UInt64 = 100 * 366 * 86_400
}
