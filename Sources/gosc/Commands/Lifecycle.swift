import Logging
import ServiceLifecycle
import UnixSignals

/// What keeps a started manager or node alive.
enum Lifecycle {
    /// Waits for SIGINT or SIGTERM, then stops in order.
    static func runUntilSignalled(logger: Logger, stop: @escaping @Sendable () async -> Void) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: StartedService(stop: stop))],
                gracefulShutdownSignals: [.sigint, .sigterm], logger: logger))
        try await group.run()
        logger.info("stopped")
    }
}

private struct StartedService: Service {
    let stop: @Sendable () async -> Void

    func run() async throws {
        try await gracefulShutdown()
        await stop()
    }
}
