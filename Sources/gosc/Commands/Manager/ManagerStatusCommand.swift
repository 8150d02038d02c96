import ACEGroupcomm
import ArgumentParser
import ServiceShell

struct ManagerStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how the running manager is doing.",
        discussion: "Exits with 1 if its latest change could not be stored, and with 69 if none is running.")

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        let report = ManagerReport(try await client.status())
        try administration.printer.show(report)
        guard report.healthy else {
            throw CommandFailure(
                .refused, "the manager could not store its latest change", hint: "check the disk, and its log")
        }
    }
}

/// How a manager is; no secret, and nobody's name.
private struct ManagerReport: Described {
    let healthy: Bool
    let audience: String
    let address: String?
    let authorizationServers: [String]
    let groups, members, openInvitations, clients, candidates, observers, waiting: UInt64
    let requests, refusals, rejections, uploads, uploadsRefused, joins, commits, commitFailures: UInt64

    init(_ status: ManagerStatus) {
        healthy = status.isHealthy
        audience = status.audience
        address = status.authority
        authorizationServers = status.authorizationServers
        groups = status.groups
        members = status.members
        openInvitations = status.openInvitations
        clients = status.clients
        candidates = status.candidates
        observers = status.observers
        waiting = status.waiting
        requests = status.requests
        refusals = status.refusals
        rejections = status.rejections
        uploads = status.uploads
        uploadsRefused = status.uploadsRefused
        joins = status.joins
        commits = status.commits
        commitFailures = status.commitFailures
    }

    var lines: [(name: String, value: String)] {
        [
            ("health", healthy ? "ok" : "the latest change could not be stored"), ("address", address ?? "–"),
            ("audience", audience),
            (
                "other authorization servers",
                authorizationServers.isEmpty ? "–" : authorizationServers.joined(separator: ", ")
            ),
            ("groups", String(groups)), ("members", String(members)), ("open invitations", String(openInvitations)),
            ("clients", "\(clients), and \(candidates) that have only uploaded a token"),
            ("observers", String(observers)), ("waiting requests", String(waiting)),
            ("requests", "\(requests), \(refusals) answered with an error"), ("not verified", String(rejections)),
            ("token uploads", "\(uploads), \(uploadsRefused) refused"), ("joins", String(joins)),
            ("changes stored", "\(commits), \(commitFailures) failed"),
        ]
    }
}
