/// A request that whoever drives the endpoint decides on: see ``ResourceHandler/driver``.
public enum AskedRequest<Verified: RequestProperties>: Sendable {
    /// For a resource that needs no protection.
    case open(EndpointCall, ResourceRequest<UnprotectedRequest>, isNotification: Bool)
    /// For a resource behind the protection.
    case protected(EndpointCall, ResourceRequest<Verified>, isNotification: Bool)

    /// What the answer is given under.
    public var call: EndpointCall {
        switch self {
        case .open(let call, _, isNotification: _), .protected(let call, _, isNotification: _): call
        }
    }
}

extension Endpoint {
    /// Takes the requests for ``ResourceHandler/driver`` that have come since the last call, in order. To be called behind
    /// every input.
    public mutating func takeAsked() -> [AskedRequest<Protection.Verified>] {
        var taken: [AskedRequest<Protection.Verified>] = []
        swap(&taken, &asked)
        return taken
    }
}
