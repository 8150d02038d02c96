public import ACEGroupcomm
import CoAPEngine

extension ManagerEngine {
    /// How the manager is.
    public var status: ManagerStatus {
        let state = endpoint.protection.state
        let now = endpoint.protection.now.seconds
        var status = ManagerStatus()
        status.audience = settings.audience
        status.authority = settings.authority
        status.authorizationServers = settings.authorizationServers.map(\.issuer)
        status.isHealthy = !counters.lastCommitFailed
        status.groups = UInt64(state.groups.count)
        status.members = state.groups.values.reduce(0) { $0 + UInt64($1.members.count) }
        status.openInvitations = UInt64(state.openInvitations.count { now < $0.expiry })
        status.clients = UInt64(state.clients.count)
        status.candidates = UInt64(endpoint.protection.candidates.count)
        status.observers = UInt64(observers.count)
        status.waiting = UInt64(waiting.count)
        status.commits = counters.commits
        status.commitFailures = counters.commitFailures
        status.requests = counters.decisions
        status.refusals = counters.refusals
        status.rejections = counters.rejections.values.reduce(0, +)
        status.uploads = counters.uploads
        status.uploadsRefused = counters.uploadsRefused
        status.joins = counters.joins
        status.distributions = UInt64(distributions.groups.count)
        status.membersBehind = state.groups.values.reduce(0) { $0 + UInt64($1.behindCount) }
        return status
    }
}
