import ArgumentParser
import BuildingAutomation
import Bytes
import Foundation
import Logging
import ServiceShell

struct NodeRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a member node until SIGINT or SIGTERM.",
        discussion: """
            A responder serves a lamp at /light. An unmanaged node (gosc node init) serves /hello, /light and /echo:
            gosc node run --state lamp --resources demo --group ff35::1234 --interface eth0
            """)

    @OptionGroup var network: NodeNetworkOptions

    @Flag(inversion: .prefixedNo, help: "Serve a lamp at /light (default: --lamp). Not for unmanaged nodes.")
    var lamp: Bool?

    @OptionGroup(title: "Options of unmanaged nodes") var unmanaged: UnmanagedRunOptions

    @OptionGroup var state: NodeStateOptions
    @OptionGroup var key: KeyFileOptions
    @OptionGroup var log: LogOptions

    func run() async throws {
        var options = NodeOptions(stateDirectory: try state.directory(), keyFile: key.keyFile, credentials: .available)
        network.apply(to: &options)
        if try UnmanagedState.isAt(options.stateDirectory) {
            try await runUnmanaged(options)
        } else {
            try await runManaged(options)
        }
    }

    private func runManaged(_ options: NodeOptions) async throws {
        try refuse(unmanaged.given, for: "unmanaged nodes (gosc node init)", options)
        let logger = log.logger(label: "gosc.node")
        let limiter = LogLimiter()
        let node = try RunningNode.start(
            options, mayCreate: false, lamp: lamp ?? true ? Lamp() : nil,
            environment: ProcessInfo.processInfo.environment, events: { logger.log($0, limiter: limiter) },
            notice: { logger.notice("\($0)") })
        let status = await node.status()
        guard let group = status.group else {
            node.stop()
            throw CommandFailure(
                .configuration, "the node in \(options.stateDirectory) is not a member of a group",
                hint: "join one with 'gosc node join' and a state directory that is new")
        }
        logger.info(
            "node runs",
            metadata: [
                "name": "\(status.name ?? "")", "group": "\(group)", "roles": "\(status.roles ?? "")",
                "group_address": "\(status.groupAddress ?? "")", "interface": "\(status.interface ?? "")",
                "address": "\(status.unicastAddress)",
            ])
        try await Lifecycle.runUntilSignalled(logger: logger) { node.stop() }
    }

    private func runUnmanaged(_ options: NodeOptions) async throws {
        let managed = (lamp == nil ? [] : ["--lamp"]) + (network.hopLimit == nil ? [] : ["--hop-limit"])
        try refuse(managed, for: "nodes that have joined (gosc node join)", options)
        var logger = log.logger(label: "gosc.node")
        logger[metadataKey: "kind"] = "unmanaged"
        let node = try await UnmanagedNode.start(
            UnmanagedNodeOptions(state: options, group: unmanaged.group, answers: unmanaged.answer?.mode),
            logger: logger)
        try await Lifecycle.runUntilSignalled(logger: logger) { await node.stop() }
    }

    /// Options that this kind of node does not have.
    private func refuse(_ names: [String], for others: String, _ options: NodeOptions) throws(CommandFailure) {
        guard !names.isEmpty else { return }
        throw CommandFailure(
            .usage, "\(names.joined(separator: ", ")): only for \(others)",
            hint: "leave it out, or name another state directory than \(options.stateDirectory) with --state")
    }
}

/// What only unmanaged nodes take.
struct UnmanagedRunOptions: ParsableArguments {
    /// What a node can serve.
    enum Resources: String, ExpressibleByArgument, CaseIterable {
        /// Hello, a light, and an echo.
        case demo
    }

    @Option(
        help: ArgumentHelp("What is served: demo, which is /hello, /light and /echo (default: demo).", valueName: "set")
    )
    var resources: Resources?

    @Option(
        help: ArgumentHelp(
            "The multicast address to listen to, such as ff35::1234; with a port of its own [ff35::1234]:5685 (default: "
                + "none).", valueName: "address"))
    var group: GroupAddressArgument?

    @Option(
        help: ArgumentHelp(
            "How answers are protected: group, pairwise, or same as the request (default: same).", valueName: "mode"))
    var answer: AnswerMode?

    /// The names of those that were given.
    var given: [String] {
        (resources == nil ? [] : ["--resources"]) + (group == nil ? [] : ["--group"])
            + (answer == nil ? [] : ["--answer"])
    }
}

/// How a node reaches its group.
struct NodeNetworkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The network interface of the group, such as eth0 (default: the first that can multicast).",
            valueName: "name"))
    var interface: String?

    @Option(help: ArgumentHelp("The node's own IPv6 address (default: all of this host).", valueName: "address"))
    var bind: AddressArgument?

    @Option(
        help:
            "The node's own UDP port (default: the group's if it is free, else any). Of an unmanaged node also the group's."
    )
    var port: UInt16?

    @Option(help: "How far group messages go: 0 stays on this host, 1 on the link (default: 1).")
    var hopLimit: UInt8?

    /// The names of those that were given.
    var given: [String] {
        (interface == nil ? [] : ["--interface"]) + (bind == nil ? [] : ["--bind"]) + (port == nil ? [] : ["--port"])
            + (hopLimit == nil ? [] : ["--hop-limit"])
    }

    func apply(to options: inout NodeOptions) {
        options.interface = interface
        options.bind = bind?.address
        options.port = port
        if let hopLimit { options.hopLimit = hopLimit }
    }
}
