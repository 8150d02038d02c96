import Bytes
import CoAP
import MemberNode
import OSCORE
import Synchronization

/// Brings what comes out of a node's engine to whoever waits for it.
final class NodeCollectors: Sendable {
    private struct State {
        var open: [GroupCommand.ID: @Sendable (SendUpdate) -> Void] = [:]
        var next: UInt64 = 0
        var join: (@Sendable (Result<MembershipSummary, JoinFailure>) -> Void)?
        var leaves: [@Sendable (Result<LeaveReason, JoinFailure>) -> Void] = []
        var lastRequest: HandledRequest?
        var isStopping = false
    }
    private let state = Mutex(State())
    private let events: @Sendable (NodeEvent) -> Void

    init(events: @escaping @Sendable (NodeEvent) -> Void) {
        self.events = events
    }

    /// The last request that reached a resource.
    var lastRequest: HandledRequest? { state.withLock(\.lastRequest) }

    /// Opens a collector for one group request.
    func open(_ updates: @escaping @Sendable (SendUpdate) -> Void) -> GroupCommand.ID {
        let (id, isStopping) = state.withLock { state in
            state.next += 1
            let id = GroupCommand.ID(state.next)
            if !state.isStopping { state.open[id] = updates }
            return (id, state.isStopping)
        }
        if isStopping { updates(Self.stopping) }
        return id
    }

    /// Waits for the outcome of a join.
    func awaitJoin(_ completion: @escaping @Sendable (Result<MembershipSummary, JoinFailure>) -> Void) {
        state.withLock { $0.join = completion }
    }

    /// Waits for the outcome of leaving, as whoever else has asked for it.
    func awaitLeave(_ completion: @escaping @Sendable (Result<LeaveReason, JoinFailure>) -> Void) {
        let isStopping = state.withLock { state in
            if !state.isStopping { state.leaves.append(completion) }
            return state.isStopping
        }
        // Nobody else would answer it, and the control socket waits for all answers.
        if isStopping { completion(.failure(.unreachable)) }
    }

    /// Ends a group request that is not sent.
    func fail(_ id: GroupCommand.ID, _ error: ServiceError) {
        finish(id, .failed(message: error.description, exitCode: error.exitCode.rawValue))
    }

    /// Takes an effect that is neither a commit nor a datagram.
    func take(_ effect: NodeEffect) {
        switch effect {
        case .commit, .send:
            break
        case .response(let id, let response):
            let updates = state.withLock { $0.open[id] }
            updates?(.response(SendResponse(response)))
        case .completed(let id, let summary):
            finish(id, .completed(SendSummary(summary)))
        case .failed(let id, let failure):
            fail(id, ServiceError(failure))
        case .joined(let summary):
            finishJoin(.success(summary))
        case .joinFailed(let failure):
            finishJoin(.failure(failure))
        case .left(let reason):
            finishLeave(.success(reason))
        case .leaveFailed(let failure):
            finishLeave(.failure(failure))
        case .event(let event):
            if case .handled(let request) = event { state.withLock { $0.lastRequest = request } }
            events(event)
        }
    }

    /// The node stops: whoever still waits is told.
    func abandon() {
        let (open, join, leaves) = state.withLock { state in
            defer {
                state.open.removeAll()
                state.join = nil
                state.leaves.removeAll()
            }
            state.isStopping = true
            return (Array(state.open.values), state.join, state.leaves)
        }
        for updates in open { updates(Self.stopping) }
        join?(.failure(.unreachable))
        for leave in leaves { leave(.failure(.unreachable)) }
    }

    private static let stopping = SendUpdate.failed(
        message: "the node is stopping", exitCode: ExitCode.tryAgain.rawValue)

    private func finish(_ id: GroupCommand.ID, _ update: SendUpdate) {
        let updates = state.withLock { $0.open.removeValue(forKey: id) }
        updates?(update)
    }

    private func finishLeave(_ result: Result<LeaveReason, JoinFailure>) {
        let completions = state.withLock { state in
            defer { state.leaves.removeAll() }
            return state.leaves
        }
        for completion in completions { completion(result) }
    }

    private func finishJoin(_ result: Result<MembershipSummary, JoinFailure>) {
        let completion = state.withLock { $0.join.take() }
        completion?(result)
    }
}

extension SendResponse {
    init(_ response: MemberResponse) {
        self.init(
            senderID: response.sender.description, name: response.name, code: response.message.code.description,
            isSuccess: response.message.code.isSuccess, payload: response.message.payload,
            latency: response.latency.nanoseconds, source: response.source.description,
            overhead: response.protectedLength - response.message.body.count,
            protectedLength: response.protectedLength)
    }
}

extension SendSummary {
    init(_ summary: GroupRequestSummary) {
        self.init(
            datagramsSent: summary.datagramsSent, expected: summary.expected, answered: summary.answered,
            missing: summary.missing, leisure: summary.leisure.nanoseconds, deadline: summary.deadline.nanoseconds,
            overhead: summary.overhead, datagramLength: summary.datagramLength)
    }
}
