import ArgumentParser
import BuildingAutomation
import Bytes
import Foundation
import Logging
import ServiceShell

struct NodeRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a member node until SIGINT or SIGTERM.",
        discussion: "A responder serves a lamp at /light.")

    @OptionGroup var network: NodeNetworkOptions

    @Flag(inversion: .prefixedNo, help: "Serve a lamp at /light.")
    var lamp = true

    @OptionGroup var state: NodeStateOptions
    @OptionGroup var key: KeyFileOptions
    @OptionGroup var log: LogOptions

    func run() async throws {
        let logger = log.logger(label: "gosc.node")
        let limiter = LogLimiter()
        var options = NodeOptions(stateDirectory: try state.directory(), keyFile: key.keyFile)
        network.apply(to: &options)
        let node = try RunningNode.start(
            options, mayCreate: false, lamp: lamp ? Lamp() : nil,
            environment: ProcessInfo.processInfo.environment, events: { logger.log($0, limiter: limiter) },
            notice: { logger.notice("\($0)") })
        let status = await node.status()
        guard let group = status.group else {
            node.stop()
            throw CommandFailure(
                .configuration, "the node in \(options.stateDirectory) is not a member of a group",
                hint: "join one with 'gosc node join --state \(options.stateDirectory)'")
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

    @Option(help: "The node's own UDP port (default: the group's if it is free, else any).")
    var port: UInt16?

    @Option(help: "How far group messages go: 0 stays on this host, 1 on the link.")
    var hopLimit: UInt8 = 1

    func apply(to options: inout NodeOptions) {
        options.interface = interface
        options.bind = bind?.address
        options.port = port
        options.hopLimit = hopLimit
    }
}
