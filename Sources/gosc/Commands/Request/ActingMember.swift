import CoAPEngine
import CoAPSecurity
import GoscKit
import GroupOSCORE
import MessageWorkbench
import OSCORE
import ServiceShell

/// The member in whose name a request is made, and whom it is for.
struct ActingMember: Sendable {
    private let member: UnmanagedMember
    /// Whom the request is addressed to.
    let peer: PeerIdentity
    /// Whether one member is meant, and not the group.
    let isForOne: Bool

    /// Opens the member that the options name.
    ///
    /// - Parameters:
    ///   - target: Where the request goes.
    ///   - isGroup: Whether that is a multicast address.
    /// - Returns: `nil` if they name none.
    init?(_ options: MemberOptions, to uri: String, isGroup: Bool, _ printer: Printer) throws {
        guard let state = options.state else { return nil }
        let directory = try StatePath.directory(state, role: "node")
        member = try Self.open(NodeOptions(stateDirectory: directory, keyFile: options.key.keyFile), printer)
        switch member.context {
        case .pair(let pair):
            try Self.check(pair, options, uri, isGroup)
            peer = member.association(with: pair).peer
            isForOne = true
        case .group(let group):
            peer = try Self.peer(in: group, options, uri, isGroup).identity
            isForOne = options.peer != nil
        }
    }

    /// Whether answers are told apart by who gave them.
    var isInGroup: Bool {
        if case .group = member.context { true } else { false }
    }

    /// Has an endpoint speak as this member.
    func join(_ configuration: inout EndpointConfiguration) {
        member.join(&configuration, isBrief: true)
    }

    /// Who has sent a response; `nil` if that is not known.
    func sender(of response: ClientResponse) -> SenderID? {
        switch member.context {
        case .pair(let pair): pair.recipientID
        case .group: GroupPeer(response.peer)?.senderID
        }
    }

    private static func open(_ options: NodeOptions, _ printer: Printer) throws -> UnmanagedMember {
        do {
            return try UnmanagedMember.open(options) { printer.notice($0) }
        } catch let error as ServiceError where error.exitCode == .tryAgain {
            // One number must not be used by two processes.
            let isRunning = NodeRemote.isRunning(stateDirectory: options.stateDirectory)
            throw CommandFailure(
                .tryAgain, error.message + (isRunning ? ", which is gosc node run" : ""),
                hint: "stop that process, or act as another member: --state of its directory")
        }
    }

    private static func check(
        _ pair: FixedPair, _ options: MemberOptions, _ uri: String, _ isGroup: Bool
    ) throws(CommandFailure) {
        guard options.peer == nil, options.mode == nil else {
            throw CommandFailure(
                .usage, "this member has plain OSCORE with one peer, \(pair.recipientID.shown)",
                hint: "leave out --peer and --mode")
        }
        guard !isGroup else {
            throw CommandFailure(
                .usage, "\(uri) is a group, and this member has plain OSCORE with one peer",
                hint: "give the address of that peer")
        }
    }

    private static func peer(
        in group: FixedGroup, _ options: MemberOptions, _ uri: String, _ isGroup: Bool
    ) throws(CommandFailure) -> GroupPeer {
        let name = UnmanagedMember.groupName(group)
        if let mode = options.mode {
            let has = mode == .group ? group.algorithms.hasGroupMode : group.algorithms.hasPairwiseMode
            guard has else {
                throw CommandFailure(
                    .usage, "the group \(name) has no \(mode) mode",
                    hint: mode == .group ? "use --peer ID, which takes pairwise mode" : "use --mode group")
            }
        }
        guard let peer = options.peer?.senderID else {
            guard options.mode != .pairwise else {
                throw CommandFailure(.usage, "pairwise mode is for one member", hint: "say which: --peer ID")
            }
            guard isGroup else {
                throw CommandFailure(
                    .usage, "\(uri) is one member of the group \(name)",
                    hint: "say which: --peer ID, or give the multicast address")
            }
            guard group.algorithms.hasGroupMode else {
                throw CommandFailure(.usage, "the group \(name) has no group mode", hint: "ask one member: --peer ID")
            }
            return .group(named: name)
        }
        guard group.members.contains(where: { $0.senderID == peer }) else {
            let known = group.members.map(\.senderID.shown).joined(separator: ", ")
            throw CommandFailure(
                .badInput,
                peer == group.senderID
                    ? "\(peer.shown) is this member itself" : "the group \(name) has no member \(peer.shown)",
                hint: known.isEmpty ? "its context names no other" : "there is \(known)")
        }
        return options.mode == .group ? .memberInGroupMode(peer, ofGroup: name) : .member(peer, ofGroup: name)
    }
}
