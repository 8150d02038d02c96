public import CoAPEngine
public import OSCORE

/// Whom a request in a group is for, and who answered it.
public enum GroupPeer: Hashable, Sendable {
    /// Everybody, in group mode.
    case group(named: String)
    /// One member: in pairwise mode if the group has it, else in group mode.
    case member(SenderID, ofGroup: String)
    /// One member, in group mode: others can read it, too.
    case memberInGroupMode(SenderID, ofGroup: String)

    /// The group's name.
    public var group: String {
        switch self {
        case .group(let name), .member(_, let name), .memberInGroupMode(_, let name): name
        }
    }

    /// The member; `nil` for everybody.
    public var senderID: SenderID? {
        switch self {
        case .group: nil
        case .member(let senderID, _), .memberInGroupMode(let senderID, _): senderID
        }
    }

    /// What requests are addressed to, and what responses come from.
    public var identity: PeerIdentity {
        let name = Array(group.utf8.prefix(255))
        return .association([kind, UInt8(name.count)] + name + (senderID?.bytes ?? []))
    }

    /// Whom an identity stands for; `nil` for one that is not in a group.
    public init?(_ identity: PeerIdentity) {
        guard case .association(let bytes) = identity, bytes.count >= 2, Self.kinds.contains(bytes[0]),
            bytes.count >= 2 + Int(bytes[1]),
            let name = String(validating: bytes[2..<2 + Int(bytes[1])], as: UTF8.self),
            let senderID = SenderID(Array(bytes[(2 + Int(bytes[1]))...]).span)
        else { return nil }
        switch bytes[0] {
        case 0x80: self = .group(named: name)
        case 0x81: self = .member(senderID, ofGroup: name)
        default: self = .memberInGroupMode(senderID, ofGroup: name)
        }
    }

    // The names of OSCORE associations begin with the length of an identifier, which is less.
    private static let kinds: ClosedRange<UInt8> = 0x80...0x82

    private var kind: UInt8 {
        switch self {
        case .group: 0x80
        case .member: 0x81
        case .memberInGroupMode: 0x82
        }
    }
}
