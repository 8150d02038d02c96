import ArgumentParser
import Bytes
import COSE
import Foundation
import Logging
import ServiceShell

struct ManagerRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the manager until SIGINT or SIGTERM.")

    @Option(help: ArgumentHelp("The IPv6 address to listen at.", valueName: "address"))
    var bind = AddressArgument(.unspecified)

    @Option(help: "The UDP port to listen at.")
    var port: UInt16 = 5683

    @Option(
        help: ArgumentHelp(
            "Where nodes reach this manager, put into invitations (default: the address of --bind).",
            valueName: "[address]:port"))
    var advertise: EndpointArgument?

    @Flag(help: "Let nodes join whose credentials have expired. Members stay in any case.")
    var acceptExpiredCredentials = false

    @Option(help: ArgumentHelp("What tokens for this manager name as their audience.", valueName: "name"))
    var audience: String = "gosc"

    @Option(
        help: ArgumentHelp(
            "How long tokens live that this manager gives to invited nodes, \(TimeSpan.form); they get new ones by themselves.",
            valueName: "time"))
    var tokenLifetime = TimeSpan.hours(30 * 24)

    @Option(
        help: ArgumentHelp(
            "A file about another authorization server whose tokens count; may be repeated.", valueName: "file"))
    var authorizationServer: [String] = []

    @Flag(help: "Take tokens only with a nonce that this manager gave out in the last minutes.")
    var demandClientNonce = false

    @Flag(help: "Give all groups new keys at the start.")
    var rekeyAtStart = false

    @Option(
        help: ArgumentHelp(
            "A file on another disk to write down who was evicted or has left, for 'gosc manager restore'; once begun, it must be there.",
            valueName: "file"))
    var evictionLog: String?

    @OptionGroup var state: ManagerStateOptions
    @OptionGroup var key: KeyFileOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard port > 0 else { throw ValidationError("The port must be between 1 and 65535.") }
        guard !audience.isEmpty else { throw ValidationError("The audience must not be empty.") }
        guard (60...366 * 86_400).contains(tokenLifetime.seconds) else {
            throw ValidationError("The lifetime of tokens must be between 60s and 366d.")
        }
    }

    func run() async throws {
        let logger = log.logger(label: "gosc.manager")
        let limiter = LogLimiter()
        var options = ManagerOptions(stateDirectory: try state.directory(), keyFile: key.keyFile)
        options.bind = bind.address
        options.port = port
        options.acceptsExpiredCredentials = acceptExpiredCredentials
        options.advertise = advertise?.text ?? Self.ownAddress(bind.address, port: port)
        options.audience = audience
        options.tokenLifetime = tokenLifetime.seconds
        options.demandsClientNonce = demandClientNonce
        options.rekeysAtStart = rekeyAtStart
        options.evictionLog = evictionLog
        options.credentialReader = .available
        options.credentialMakers = .available
        var issuers: [String: String] = [:]
        for path in authorizationServer {
            let file = try AuthorizationServerFile(contentsOf: path)
            if let other = issuers.updateValue(path, forKey: file.issuer) {
                throw CommandFailure(
                    .badInput, "\(other) and \(path) describe one authorization server, \(file.issuer)")
            }
            options.addAuthorizationServer(file)
        }
        let manager = try RunningManager.start(
            options, environment: ProcessInfo.processInfo.environment, events: { logger.log($0, limiter: limiter) },
            storage: { logger.log($0) },
            notice: { logger.notice("\($0)") })
        logger.info("manager listens", metadata: ["address": "\(manager.localAddress)"])
        try await Lifecycle.runUntilSignalled(logger: logger) { manager.stop() }
    }

    /// What invitations say if the operator does not: good for nodes on the same host if no address was chosen.
    private static func ownAddress(_ bind: IPv6Address, port: UInt16) -> String {
        SocketAddress(bind == .unspecified ? .loopback : bind, port: port).description
    }
}
