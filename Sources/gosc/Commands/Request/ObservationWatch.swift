import Bytes

/// Who of those that notify has not been heard for too long.
///
/// A state is good for its Max-Age. After that, and 5 to 15 seconds more, the client registers again by itself
/// (RFC 7641 §3.3.1); a server that does not answer even then is missed, and given up after the patience of whoever asked.
/// Times are counted from the beginning of the observation.
struct ObservationWatch {
    enum Finding: Hashable {
        /// Nobody has answered in time.
        case nobody
        /// The server has not been heard for so long, although it was asked again.
        case missing(SocketAddress, since: Duration)
        /// It is not waited for any longer.
        case lost(SocketAddress)
        /// Nobody is left who could notify.
        case over
    }

    private struct Server {
        let heardAt: Duration
        /// When it has been asked again at the latest.
        let askedAgainBy: Duration
        var isMissed = false
    }

    private let patience: Duration
    private var servers: [SocketAddress: Server] = [:]
    private(set) var hasAnswer = false
    /// Whether anybody has ever notified.
    private(set) var hasNotification = false

    /// The latest time at which a client registers again, after Max-Age.
    private static let refresh = Duration.seconds(15)
    /// What an answer to that may take.
    private static let roundTrip = Duration.seconds(3)

    init(patience: Duration) {
        self.patience = patience
    }

    /// Takes note of an answer.
    ///
    /// - Parameter maxAge: Seconds; `nil` if no further answer follows on it.
    mutating func heard(_ server: SocketAddress, maxAge: UInt32?, at now: Duration) {
        hasAnswer = true
        if maxAge != nil { hasNotification = true }
        servers[server] = maxAge.map { Server(heardAt: now, askedAgainBy: now + .seconds(Int64($0)) + Self.refresh) }
    }

    /// What there is to say by now, each thing once.
    mutating func findings(at now: Duration) -> [Finding] {
        guard hasAnswer else { return now >= patience ? [.nobody] : [] }
        var findings: [Finding] = []
        for (address, server) in servers {
            if now >= server.askedAgainBy + max(patience, Self.roundTrip) {
                servers[address] = nil
                findings.append(.lost(address))
            } else if !server.isMissed, now >= server.askedAgainBy + Self.roundTrip {
                servers[address]?.isMissed = true
                findings.append(.missing(address, since: now - server.heardAt))
            }
        }
        // Of a group, others may still answer the first request.
        if servers.isEmpty, now >= patience { findings.append(.over) }
        return findings
    }
}
