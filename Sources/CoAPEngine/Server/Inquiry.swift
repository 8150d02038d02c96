internal import CoAP

/// A request that has been admitted, with what its answer depends on. A class, because it is large and goes a long way.
internal final class Inquiry<Verified: RequestProperties> {
    /// What the client wants with Observe (RFC 7641 §2).
    enum Observing: Sendable {
        case register
        case deregister
    }

    /// The message that completed the request.
    let received: ReceivedRequest<Verified>
    let resource: Resource<Verified>
    let handler: ResourceHandler<Verified>
    /// The request as the resource sees it; without its body until that is whole.
    var request: ResourceRequest<Verified>
    /// How many bytes an answer may have; `nil` if the address is not forged.
    let budget: Int?
    /// The last block of the body, which the answer repeats.
    var block1: BlockOption?
    /// Where the answer to the last block is remembered.
    var upload: OperationKey?
    var observing: Observing?
    /// Whether the state changed while a deferred handler was at work.
    var hasChangedMeanwhile = false

    init(
        received: ReceivedRequest<Verified>, resource: Resource<Verified>, handler: ResourceHandler<Verified>,
        request: ResourceRequest<Verified>, budget: Int?, observing: Observing?
    ) {
        self.received = received
        self.resource = resource
        self.handler = handler
        self.request = request
        self.budget = budget
        self.observing = observing
    }

    var isGroup: Bool { received.path.isMulticast }
    var isSafe: Bool { request.code == .get || request.code == .fetch }
    var isDeferred: Bool {
        if case .immediate = handler { false } else { true }
    }
    var key: OperationKey {
        OperationKey(peer: received.peer, method: received.request.code, options: received.request.options)
    }
}
