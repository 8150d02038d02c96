import CoAP
import CoAPEngine
import CoAPSecurity
import GroupOSCORE
import Logging
import OSCORE
import Synchronization

/// Logs and counts requests that a resource has answered: who asked for what, never a payload.
final class RequestLog: Sendable {
    private let logger: Logger
    private let handled = Atomic<UInt64>(0)

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// How many there were.
    var count: UInt64 { handled.load(ordering: .relaxed) }

    func handled(_ request: ResourceRequest<SecuredRequest>, _ code: Code) {
        handled.add(1, ordering: .relaxed)
        logger.info(
            "request handled",
            metadata: [
                "sender": "\(request.verified.sender.shown)", "mode": "\(request.verified.mode)",
                "method": "\(request.code.meaning)", "path": "/\(request.options.uriPath.joined(separator: "/"))",
                "code": "\(code)", "destination": "\(request.path.destination)",
            ])
    }
}

extension SecuredRequest {
    /// Who sent it.
    fileprivate var sender: SenderID {
        switch self {
        case .oscore(let request): request.sender
        case .group(let request): request.sender
        }
    }

    /// `group`, `pairwise` or `oscore`.
    fileprivate var mode: String {
        switch self {
        case .oscore: "oscore"
        case .group(let request): request.binding.isGroupMode ? "group" : "pairwise"
        }
    }
}
