import ArgumentParser
import ServiceShell

/// For scripts that start a service and speak to it right away.
struct WaitOption: ParsableArguments {
    @Option(help: ArgumentHelp("How long to wait for the service to start, \(TimeSpan.form).", valueName: "time"))
    var wait = TimeSpan.seconds(0)

    /// Repeats an attempt for as long as nobody answers and the time is not over.
    func untilReachable<Result>(_ attempt: () throws(ServiceError) -> Result) async throws -> Result {
        let end = ContinuousClock.now + wait.duration
        while true {
            do throws(ServiceError) {
                return try attempt()
            } catch {
                guard error.exitCode == .unreachable, ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
