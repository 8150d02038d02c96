import DatagramTransport

/// Speaks to the node that runs in a state directory.
public enum NodeRemote: Sendable {
    /// Whether a node runs there.
    public static func isRunning(stateDirectory: String) -> Bool {
        guard let connection = try? ControlClient.connect(stateDirectory: stateDirectory) else { return false }
        connection.shutDown()
        return true
    }

    /// How a node that has joined is doing. Waits for the answer; call it from a thread that may wait.
    ///
    /// - Throws: Also if the node is an unmanaged one.
    public static func status(stateDirectory: String) throws(ServiceError) -> NodeStatus {
        switch try report(stateDirectory: stateDirectory) {
        case .managed(let status): return status
        case .unmanaged:
            throw ServiceError(
                .configuration, "the node in \(stateDirectory) is unmanaged (gosc node init)",
                hint: "this is for nodes that have joined; name another one with --state")
        }
    }

    /// How a node is doing, whichever kind it is. Waits for the answer; call it from a thread that may wait.
    public static func report(stateDirectory: String) throws(ServiceError) -> NodeReport {
        let answer: [UInt8]
        do throws(ControlSocketError) {
            answer = try ControlClient.exchange(
                NodeControl.Request.status.encoded(), stateDirectory: stateDirectory)
        } catch {
            throw ServiceError(error)
        }
        guard let report = NodeControl.report(in: answer) else {
            throw ServiceError(.internalFault, "the node in \(stateDirectory) gave no valid status")
        }
        return report
    }

    /// Has the node leave its group.
    public static func leave(stateDirectory: String) throws(ServiceError) {
        let answer: [UInt8]
        do throws(ControlSocketError) {
            answer = try ControlClient.exchange(
                NodeControl.Request.leave.encoded(), stateDirectory: stateDirectory)
        } catch {
            throw ServiceError(error)
        }
        guard let update = NodeControl.value(in: answer, as: LeaveUpdate.self) else {
            throw ServiceError(.internalFault, "the node in \(stateDirectory) gave no valid answer")
        }
        if let message = update.message {
            throw ServiceError(ExitCode(rawValue: update.exitCode ?? 1) ?? .refused, message)
        }
    }

    /// Has the node send a group request.
    public static func send(
        _ request: SendRequest, stateDirectory: String
    ) throws(ServiceError) -> AsyncStream<SendUpdate> {
        let connection: ControlConnection
        do throws(ControlSocketError) {
            connection = try ControlClient.connect(stateDirectory: stateDirectory)
            try connection.send(NodeControl.Request.send(request).encoded())
        } catch {
            throw ServiceError(error)
        }
        let (stream, continuation) = AsyncStream<SendUpdate>.makeStream()
        continuation.onTermination = { _ in connection.shutDown() }
        // The connection blocks, so it gets a thread that nothing else runs on.
        let thread = try? SystemThread(name: "gosc-send") {
            var isEnded = false
            while !isEnded, let frame = try? connection.receive() {
                guard let update = NodeControl.value(in: frame, as: SendUpdate.self) else { break }
                continuation.yield(update)
                isEnded = update.isLast
            }
            if !isEnded {
                continuation.yield(
                    .failed(message: "the node in \(stateDirectory) went away", exitCode: ExitCode.unreachable.rawValue)
                )
            }
            continuation.finish()
        }
        guard thread != nil else { throw ServiceError(.internalFault, "no thread can be started") }
        return stream
    }
}

/// What a running node tells of itself.
public enum NodeReport: Hashable, Sendable {
    /// It has joined a group.
    case managed(NodeStatus)
    /// It has a fixed context.
    case unmanaged(UnmanagedNodeStatus)
}
