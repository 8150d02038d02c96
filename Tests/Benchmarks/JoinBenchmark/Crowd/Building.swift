import ACEGroupcomm
import Bytes
import CoAPEngine

/// The building that is measured: lamps, and among the first thousand a switch for every fifty. Whoever joins is told of those
/// that matter to it, so a lamp hears of the switches and a switch of all lamps.
enum Building {
    static let groupName = "lights"
    /// Any; nodes have addresses of their own, as in a building.
    static let port: UInt16 = 5684

    static func roles(of number: Int) -> Roles {
        number.isMultiple(of: 50) && number < 1_000 ? .requester : .responder
    }

    static func name(of number: Int) -> String { "node-\(number)" }

    /// `fd00:676f:7363::1` is the manager's, those behind it are the nodes'.
    static func address(of number: Int) -> IPv6Address {
        IPv6Address(high: 0xfd00_676f_7363_0000, low: UInt64(number) + 2)
    }

    static let managerAddress = SocketAddress(IPv6Address(high: 0xfd00_676f_7363_0000, low: 1), port: 5683)

    static func groupRequest(size: Int) -> [UInt8] {
        CreateGroupRequest(
            configuration: GroupConfiguration(groupName: groupName, active: true, applicationGroups: [groupName]),
            maximumGroupSize: UInt64(max(size, 1)), resources: ["light"]
        ).encoded()
    }

    static func invitationRequest(for number: Int) -> [UInt8] {
        CreateInvitationRequest(
            nodeName: name(of: number), roles: roles(of: number), lifetime: 86_400,
            managerAddress: managerAddress.description
        ).encoded()
    }
}
