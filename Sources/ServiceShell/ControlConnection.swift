public import DatagramTransport
internal import Glibc

/// One end of a control connection: frames of a 4-byte big-endian length and that many bytes of CBOR, both ways.
///
/// One thread uses it at a time; only ``shutDown()`` may come from another.
public final class ControlConnection: Sendable {
    /// The longest frame, in bytes; a longer one ends the connection.
    public static let maximumFrame = 1 << 20

    private let descriptor: Int32

    /// Takes over a connected socket.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        // A peer that reads nothing must not hold a thread for ever.
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Waits for the next frame.
    ///
    /// - Returns: Its bytes, or `nil` when the peer has ended the connection between two frames.
    /// - Throws: ``ControlSocketError``; the connection is of no more use then.
    public func receive() throws(ControlSocketError) -> [UInt8]? {
        guard let head = try read(4, mayEnd: true) else { return nil }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard length <= Self.maximumFrame else { throw .frameTooLong(length) }
        return try read(length, mayEnd: false)
    }

    /// Sends one frame.
    ///
    /// - Throws: ``ControlSocketError``; the connection is of no more use then.
    public func send(_ frame: [UInt8]) throws(ControlSocketError) {
        guard frame.count <= Self.maximumFrame else { throw .frameTooLong(frame.count) }
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: frame.count >> (24 - 8 * $0)) } + frame
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .failed(.current) }
            sent += count
        }
    }

    /// Whether the peer has closed its end.
    var isAbandoned: Bool {
        var descriptor = pollfd(fd: descriptor, events: Int16(POLLRDHUP), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    /// Ends the connection from any thread: who waits in ``receive()`` gets `nil` or an error.
    public func shutDown() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func read(_ count: Int, mayEnd: Bool) throws(ControlSocketError) -> [UInt8]? {
        var bytes: [UInt8] = []
        // Grows with what arrives, not with what was announced.
        var chunk = [UInt8](repeating: 0, count: min(count, 16_384))
        while bytes.count < count {
            let got = recv(descriptor, &chunk, min(chunk.count, count - bytes.count), 0)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .failed(.current) }
            guard got > 0 else {
                if mayEnd, bytes.isEmpty { return nil }
                throw .endedInsideFrame
            }
            bytes += chunk[..<got]
        }
        return bytes
    }
}

/// Why a running process cannot be spoken to.
public enum ControlSocketError: Error, Hashable, Sendable {
    /// No process listens in this state directory.
    case notRunning(String)
    /// The socket cannot be made or reached.
    case cannotUse(String, SystemErrorNumber)
    /// A frame is longer than ``ControlConnection/maximumFrame``.
    case frameTooLong(Int)
    /// The peer went away in the middle of a frame, or before answering.
    case endedInsideFrame
    /// The connection broke.
    case failed(SystemErrorNumber)
}

extension ControlSocketError: CustomStringConvertible {
    /// One line for a person.
    public var description: String {
        switch self {
        case .notRunning(let path): "no process is running in state directory \(path)"
        case .cannotUse(let path, let error): "cannot use the control socket \(path): \(error)"
        case .frameTooLong(let count):
            "a control message of \(count) bytes is longer than \(ControlConnection.maximumFrame)"
        case .endedInsideFrame: "the other process ended the control connection before it had answered"
        case .failed(let error): "the control connection broke: \(error)"
        }
    }
}
