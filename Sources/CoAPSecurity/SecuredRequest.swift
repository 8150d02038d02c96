public import CoAP
public import CoAPEngine
public import GroupOSCORE
public import OSCORE

/// A request that OSCORE or Group OSCORE has verified.
public enum SecuredRequest: RequestProperties {
    /// Of the peer of an OSCORE Security Context.
    case oscore(OSCORE.VerifiedRequest)
    /// Of a member of a group.
    case group(GroupOSCORE.VerifiedRequest)

    /// The request as its sender wrote it.
    public var message: Message {
        switch self {
        case .oscore(let request): request.message
        case .group(let request): request.message
        }
    }

    /// The Code that the sender wrote.
    public var code: Code { message.code }
    /// The options that the sender wrote.
    public var options: Options { message.options }
    /// The payload that the sender wrote.
    public var payload: [UInt8] { message.payload }

    /// The request, if the peer of an OSCORE Security Context sent it.
    public var ofPeer: OSCORE.VerifiedRequest? {
        if case .oscore(let request) = self { request } else { nil }
    }

    /// The request, if a member of a group sent it.
    public var ofMember: GroupOSCORE.VerifiedRequest? {
        if case .group(let request) = self { request } else { nil }
    }
}

extension Resource<SecuredRequest> {
    /// A resource for requests of one kind; others get 4.03.
    ///
    /// - Parameter select: The request, if it is of that kind.
    public init<Only>(_ resource: Resource<Only>, select: @escaping @Sendable (SecuredRequest) -> Only?) {
        var properties = resource.properties
        properties.groupAccess = properties.groupAccess ?? (Only.servesGroupsByDefault ? .all : GroupAccess.none)
        self.init(
            methods: resource.methods.mapValues { Self.handler($0, select) }, properties: properties,
            state: resource.state.map { state in
                { @Sendable request in request.selecting(select).map { state($0) } ?? .existing(eTag: nil) }
            },
            permits: { request in
                guard let selected = request.selecting(select) else { return false }
                return resource.permits?(selected) ?? true
            })
    }

    private static func handler<Only>(
        _ handler: ResourceHandler<Only>, _ select: @escaping @Sendable (SecuredRequest) -> Only?
    ) -> ResourceHandler<SecuredRequest> {
        switch handler {
        case .immediate(let handler):
            .immediate { request in
                guard let selected = request.selecting(select) else { return ResourceResponse(.forbidden) }
                return handler(selected)
            }
        case .deferred(let handler):
            .deferred { request in
                guard let selected = request.selecting(select) else { return ResourceResponse(.forbidden) }
                return await handler(selected)
            }
        }
    }
}

extension ResourceRequest<SecuredRequest> {
    fileprivate func selecting<Only>(_ select: (SecuredRequest) -> Only?) -> ResourceRequest<Only>? {
        select(verified).map {
            ResourceRequest<Only>(
                verified: $0, code: code, options: options, payload: payload, path: path, peer: peer)
        }
    }
}
