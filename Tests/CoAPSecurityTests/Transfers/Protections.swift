import CoAPEngine
import CoAPSecurity
import OSCORE
import Testing

/// How a client and a server protect what they say to each other.
enum ProtectionKind: CaseIterable, CustomTestStringConvertible {
    case oscore
    case groupMode
    case pairwiseMode

    static let group = [Self.groupMode, .pairwiseMode]

    var testDescription: String {
        switch self {
        case .oscore: "OSCORE"
        case .groupMode: "group mode"
        case .pairwiseMode: "pairwise mode"
        }
    }

    /// The contexts of a client, number 1, and of a server, number 2.
    func securities() throws -> (client: EndpointSecurity, server: EndpointSecurity) {
        switch self {
        case .oscore:
            (
                try EndpointSecurity(associations: [Self.pair(1, 2)]),
                try EndpointSecurity(associations: [Self.pair(2, 1)])
            )
        case .groupMode, .pairwiseMode:
            (
                try EndpointSecurity(groups: [TestGroup().member(1)]),
                try EndpointSecurity(groups: [TestGroup().member(2)])
            )
        }
    }

    private static func pair(_ sender: UInt8, _ recipient: UInt8) throws -> OSCOREAssociation {
        OSCOREAssociation(
            masterSecret: Array(1...16), senderID: try TestGroup.senderID(sender),
            recipientID: try TestGroup.senderID(recipient), reservedEnd: 0, store: TestDisk())
    }

    /// What the client calls the server.
    func peer() throws -> PeerIdentity {
        switch self {
        case .oscore: try Self.pair(1, 2).peer
        case .groupMode: try TestGroup.only(2, inGroupMode: true)
        case .pairwiseMode: try TestGroup.only(2)
        }
    }
}
