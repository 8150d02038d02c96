import ACEGroupcomm
import Bytes
import COSE

/// What one file of `groups/` says about a group.
struct GroupFile: Hashable {
    /// A node that belongs to the group.
    struct Member: Hashable {
        let name: String
        let roles: Roles
    }

    let name: String
    let description: String?
    let active: Bool
    /// `nil` for `auto`: the manager chooses.
    let address: IPv6Address?
    let port: UInt16
    let algorithms: GroupPolicy
    let credentialFormat: CredentialFormat
    /// What the slowest link carries, in bytes a second.
    let linkRate: UInt64
    /// How many members the group is planned for.
    let maximumGroupSize: UInt64
    let applicationGroups: [String]
    /// The paths of the resources that members offer, without the first slash.
    let resources: [String]
    let rekeying: GroupRekeyingRules
    /// Whether former Gids come again.
    let reusesGroupIDs: Bool
    /// In the order of the file.
    let members: [Member]

    /// The request that creates it. Members are invited one by one.
    var request: CreateGroupRequest {
        var configuration = GroupConfiguration(
            groupName: name, active: active, applicationGroups: applicationGroups)
        configuration.groupDescription = description
        configuration.credentialFormat = credentialFormat
        configuration.hkdf = algorithms.hkdf
        configuration.groupMode = algorithms.groupMode
        configuration.pairwiseMode = algorithms.pairwiseMode
        configuration.reusesGroupIDs = reusesGroupIDs
        return CreateGroupRequest(
            configuration: configuration, address: address, port: port, linkRate: linkRate,
            maximumGroupSize: maximumGroupSize, resources: resources, rekeying: rekeying)
    }
}
