public import CoAP
public import CoAPEngine
public import GroupOSCORE
public import OSCORE

/// A request that OSCORE or Group OSCORE has verified.
public enum SecuredRequest: RequestProperties {
    /// Of the peer of an OSCORE Security Context.
    case oscore(OSCORE.VerifiedRequest)
    // Elsewhere, so that requests of peers are no larger than they would be without groups.
    /// Of a member of a group.
    indirect case group(GroupOSCORE.VerifiedRequest)

    /// The request as its sender wrote it.
    public var message: Message {
        switch self {
        case .oscore(let request): request.message
        case .group(let request): request.message
        }
    }

    /// The Code that the sender wrote.
    public var code: Code {
        switch self {
        case .oscore(let request): request.message.code
        case .group(let request): request.message.code
        }
    }

    /// The options that the sender wrote.
    public var options: Options {
        switch self {
        case .oscore(let request): request.message.options
        case .group(let request): request.message.options
        }
    }

    /// The payload that the sender wrote.
    public var payload: [UInt8] {
        switch self {
        case .oscore(let request): request.message.payload
        case .group(let request): request.message.payload
        }
    }

    /// Which kind of sender it has.
    public var kind: Kind {
        switch self {
        case .oscore: .peer
        case .group: .member
        }
    }

    /// The two kinds of senders.
    public enum Kind: Hashable, Sendable {
        /// The peer of an OSCORE Security Context.
        case peer
        /// A member of a group.
        case member
    }

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
    /// - Parameters:
    ///   - kind: The kind.
    ///   - select: The request, if it is of that kind.
    private init<Only>(
        _ resource: Resource<Only>, for kind: SecuredRequest.Kind,
        select: @escaping @Sendable (SecuredRequest) -> Only?
    ) {
        var properties = resource.properties
        properties.groupAccess = properties.groupAccess ?? (Only.servesGroupsByDefault ? .all : GroupAccess.none)
        self.init(
            methods: resource.methods.mapValues { Self.handler($0, select) }, properties: properties,
            state: resource.state.map { state in
                { @Sendable request in request.selecting(select).map { state($0) } ?? .existing(eTag: nil) }
            },
            permits: { request in
                guard request.verified.kind == kind else { return false }
                guard let permits = resource.permits else { return true }
                return request.selecting(select).map(permits) ?? false
            })
    }

    /// A resource for OSCORE peers.
    public static func forPeers(_ resource: Resource<OSCORE.VerifiedRequest>) -> Self {
        Self(resource, for: .peer) { $0.ofPeer }
    }

    /// A resource for members of groups.
    public static func forMembers(_ resource: Resource<GroupOSCORE.VerifiedRequest>) -> Self {
        Self(resource, for: .member) { $0.ofMember }
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
        // The driver sees by itself of what kind a request is.
        case .driver: .driver
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
