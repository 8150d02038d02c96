internal import DatagramTransport
internal import Glibc

/// Speaks to the process that holds a state directory.
public enum ControlClient: Sendable {
    /// Connects to the process that runs in a state directory.
    ///
    /// - Parameter path: The path of the state directory.
    /// - Throws: ``ControlSocketError/notRunning(_:)`` when nobody listens there, also when a crash has left the socket
    ///   behind.
    public static func connect(stateDirectory path: String) throws(ControlSocketError) -> ControlConnection {
        let socketPath = "\(path)/\(ControlServer.socketName)"
        let directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw errno == ENOENT ? .notRunning(path) : .cannotUse(socketPath, .current) }
        defer { close(directory) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .cannotUse(socketPath, .current) }
        let isConnected = withSocketAddress(socketPath, in: directory, name: ControlServer.socketName) {
            Glibc.connect(descriptor, __CONST_SOCKADDR_ARG(__sockaddr__: $0), $1) == 0
        }
        guard isConnected else {
            let error = SystemErrorNumber.current
            close(descriptor)
            throw error.rawValue == ENOENT || error.rawValue == ECONNREFUSED
                ? .notRunning(path) : .cannotUse(socketPath, error)
        }
        return ControlConnection(descriptor)
    }

    /// Sends one request and waits for its answer.
    ///
    /// - Parameters:
    ///   - request: A CBOR item.
    ///   - path: The path of the state directory.
    public static func exchange(_ request: [UInt8], stateDirectory path: String) throws(ControlSocketError) -> [UInt8] {
        let connection = try connect(stateDirectory: path)
        try connection.send(request)
        guard let answer = try connection.receive() else { throw .endedInsideFrame }
        return answer
    }
}

/// Lends the address of a UNIX socket. A path that is longer than the 107 bytes of `sun_path` is reached through its
/// open folder instead.
func withSocketAddress<Result>(
    _ path: String, in directory: Int32, name: String,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
        let fitting = path.utf8.count < room.count ? path : "/proc/self/fd/\(directory)/\(name)"
        room.copyBytes(from: fitting.utf8.prefix(room.count - 1))
    }
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
