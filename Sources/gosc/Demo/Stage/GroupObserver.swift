import Bytes
import CoAP
import DatagramTransport
import OSCORE
import Synchronization

/// A socket that has joined the group and writes down every datagram, without any key: what anyone on the network sees.
final class GroupObserver: Sendable {
    struct Observed: Hashable {
        let bytes: [UInt8]
        /// `[address]:port`.
        let source: String
    }

    private let socket: DatagramSocket
    private let receiver: DatagramReceiver
    private let log: Log

    private final class Log: Sendable {
        let datagrams = Mutex<[Observed]>([])
    }

    init(group: SocketAddress, on interface: InterfaceIndex) throws {
        let log = Log()
        socket = try DatagramSocket.group(group.address, port: group.port, interface: interface)
        receiver = try DatagramReceiver(socket) { batch in
            for index in 0..<batch.count {
                // An interface index says nothing to others.
                let source = batch.arrival(at: index).source
                let observed = Observed(
                    bytes: [UInt8](copying: batch.bytes(at: index)),
                    source: SocketAddress(source.address, port: source.port).description)
                log.datagrams.withLock { $0.append(observed) }
            }
        }
        self.log = log
    }

    /// How many datagrams were seen so far: a mark for ``datagrams(since:from:)``.
    var count: Int { log.datagrams.withLock(\.count) }

    /// What one sender has sent since a mark. Waits for the first datagram, and for a moment more: a second one may
    /// follow it.
    func datagrams(since mark: Int, from source: String) async -> [Observed] {
        let end = ContinuousClock.now + Stage.timeLimit
        while now(since: mark, from: source).isEmpty, .now < end { try? await Task.sleep(for: .milliseconds(5)) }
        try? await Task.sleep(for: .milliseconds(50))
        return now(since: mark, from: source)
    }

    private func now(since mark: Int, from source: String) -> [Observed] {
        // A node that is bound to all addresses does not tell which one the kernel chose.
        let anyAddress = source.hasPrefix("[::]:")
        let port = source.split(separator: ":").last
        return log.datagrams.withLock { datagrams in
            datagrams[mark...].filter { observed in
                anyAddress ? observed.source.split(separator: ":").last == port : observed.source == source
            }
        }
    }

    /// The Partial IV that a datagram shows to everyone; `nil` if it is not protected.
    static func partialIV(in datagram: [UInt8]) -> UInt64? {
        guard let (_, offset) = try? DatagramCodec.decode(datagram.span) else { return nil }
        var reader = OptionReader(datagram.span.extracting(offset..<datagram.count))
        while (try? reader.advance()) == true {
            if reader.number == .oscore { return (try? OSCOREOption(reader.value))?.partialIV?.value }
        }
        return nil
    }
}
