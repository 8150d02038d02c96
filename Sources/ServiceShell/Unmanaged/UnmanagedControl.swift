/// Lets `gosc node status` ask a running node without a manager.
public final class UnmanagedControl: Sendable {
    private let server: ControlServer

    /// Starts to listen in the node's state directory.
    ///
    /// - Parameter status: Tells how the node is doing.
    public init(
        in state: UnmanagedState, status: @escaping @Sendable () async -> UnmanagedNodeStatus
    ) throws(ServiceError) {
        do throws(ControlSocketError) {
            server = try ControlServer(in: state.directory) { frame in
                guard case .status = NodeControl.Request(decoding: frame) else { return NodeControl.unmanagedRefusal }
                // This thread belongs to the connection alone, and may wait.
                let answers = Mailbox<[UInt8]>(capacity: 1)
                Task { answers.put(NodeControl.encode(await status())) }
                var taken: [[UInt8]] = []
                _ = answers.take(until: nil, into: &taken)
                return taken.first ?? []
            }
        } catch {
            throw ServiceError(error)
        }
    }

    /// Stops to listen, and removes the socket.
    public func stop() {
        server.stop()
    }
}

extension NodeControl {
    static func encode(_ status: UnmanagedNodeStatus) -> [UInt8] {
        frame("unmanaged", json(status))
    }

    /// What is answered to all that only a node with a manager can do.
    static var unmanagedRefusal: [UInt8] {
        encode(
            SendUpdate.failed(
                message: "this node is unmanaged: gosc send is for nodes that have joined; use gosc put with --state",
                exitCode: ExitCode.configuration.rawValue))
    }
}
