import ArgumentParser
import Bytes
import CoAPEngine
import CoAPSecurity
import DatagramTransport
import GoscKit
import GroupOSCORE
import MessageWorkbench
import ServiceShell

/// In which mode a node answers, on the command line.
enum AnswerMode: String, ExpressibleByArgument, CaseIterable {
    case group
    case pairwise
    case same

    init(_ mode: GroupAssociation.AnswerMode) {
        switch mode {
        case .group: self = .group
        case .pairwise: self = .pairwise
        case .same: self = .same
        }
    }

    var mode: GroupAssociation.AnswerMode {
        switch self {
        case .group: .group
        case .pairwise: .pairwise
        case .same: .same
        }
    }
}

/// What an operator has chosen for a node without a manager.
struct UnmanagedNodeOptions: Sendable {
    /// Where its state is.
    let state: NodeOptions
    /// What it listens to beside its own address; `nil` for nothing.
    let group: GroupAddressArgument?
    /// `nil` where nothing is said.
    let answers: GroupAssociation.AnswerMode?
}

/// Where a node without a manager is reached.
struct UnmanagedNetwork: Sendable {
    let configuration: EndpointConfiguration
    /// What it listens to beside its own address.
    let group: GroupMembership?
    /// The interface of the group.
    let interface: String?
}

extension UnmanagedNodeOptions {
    /// Where the node of a context is reached.
    func network(of context: FixedContext) throws -> UnmanagedNetwork {
        if case .pair = context, group != nil || answers != nil {
            throw CommandFailure(
                .usage, "the node in \(state.stateDirectory) has plain OSCORE with one peer, and no group",
                hint: "leave out --group and --answer")
        }
        if case .group(let context) = context, let answers { try require(answers, of: context) }
        let chosen = try group.map { _ in try InterfaceChoice.interface(named: state.interface) }
        let membership: GroupMembership? =
            if let group, let chosen {
                GroupMembership(
                    group.address, port: group.port ?? state.port ?? Self.defaultPort, interface: chosen.index)
            } else {
                nil
            }
        var configuration = EndpointConfiguration()
        configuration.address = SocketAddress(state.bind ?? .unspecified, port: port(besides: membership))
        if let membership, let chosen {
            configuration.groups = [membership]
            configuration.multicastInterface = chosen.index
        }
        return UnmanagedNetwork(configuration: configuration, group: membership, interface: chosen?.name)
    }

    private func require(_ answers: GroupAssociation.AnswerMode, of context: FixedGroup) throws(CommandFailure) {
        let has =
            switch answers {
            case .same: true
            case .group: context.algorithms.hasGroupMode
            case .pairwise: context.algorithms.hasPairwiseMode
            }
        guard has else {
            throw CommandFailure(
                .usage, "the group \(context.groupID) has no \(AnswerMode(answers)) mode", hint: "use --answer same")
        }
    }

    /// The port that was chosen; else that of the group or of CoAP if nobody has it, as for nodes that have joined.
    private func port(besides group: GroupMembership?) -> UInt16 {
        if let port = state.port { return port }
        let wanted = group?.port ?? Self.defaultPort
        let trial = try? DatagramSocket.unicast(
            bind: SocketAddress(state.bind ?? .unspecified, port: wanted))
        return trial == nil ? 0 : wanted
    }

    private static let defaultPort: UInt16 = 5683
}

extension CommandFailure {
    /// A node that could not be started.
    init(_ error: CoAPError, of options: UnmanagedNodeOptions) {
        switch error {
        case .groupTooWide(let group):
            self.init(
                .badInput, "the group \(group) reaches beyond this site",
                hint: "use a group of site-local scope (ff05::) or less")
        case .transport(let error):
            self.init(.storage, "\(error)", hint: "check --bind, --port, --group and --interface")
        case .invalidAssociation(let reason):
            self.init(.configuration, "the context in \(options.state.stateDirectory) is not usable: \(reason)")
        default: self.init(.internalFault, "\(error)")
        }
    }
}
