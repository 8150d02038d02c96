internal import CoAP

// Whether a request gets to a resource at all, from the message alone (RFC 7252 §5.4, §5.8, §5.10).
extension RequestServer {
    enum Admission: Sendable {
        case admitted(Resource<Verified>, ResourceHandler<Verified>)
        /// Answered with an error; to a group only if the resource, where there is one, has such answers sent.
        case refused(ResourceResponse, Resource<Verified>?)
        /// Not answered, whatever the policy.
        case ignored
        /// Not answered because the resource takes no requests of this group.
        case notForGroups
    }

    /// The checks in the order in which they are made.
    func admit(_ request: ReceivedRequest<Verified>) -> Admission {
        let options = request.request.options
        guard fitsLimits(options) else {
            return .refused(ResourceResponse(.badRequest, diagnostic: "too many options"), nil)
        }
        if let option = options.firstUnprocessableOption(understood: understood) {
            // COAP-0026: a non-confirmable message is rejected in silence. COAP-0024, COAP-0031, COAP-0180
            guard request.type == .confirmable else { return .ignored }
            return .refused(ResourceResponse(.badOption, diagnostic: "option \(option.rawValue)"), nil)
        }
        // COAP-0161: the lengths are right, so what is unreadable is the reserved size.
        guard !options.hasMalformedBlock
        else { return .refused(ResourceResponse(.badRequest, diagnostic: "block size 7"), nil) }
        // COAP-0236
        guard !options.contains(.proxyUri), !options.contains(.proxyScheme) else {
            return .refused(ResourceResponse(.proxyingNotSupported), nil)
        }
        // COAP-0178: how a group sends a body in blocks is not specified.
        if request.path.isMulticast, let block = options.block1, block.isMore || block.number != 0 { return .ignored }
        // COAP-0007, COAP-0069
        guard knownMethods.contains(request.request.code) else {
            return .refused(ResourceResponse(.methodNotAllowed), nil)
        }
        switch route(request) {
        case .notFound: return .refused(ResourceResponse(.notFound), nil)
        case .methodNotAllowed(let resource):
            guard takesGroup(request, resource.properties) else { return .notForGroups }
            return .refused(ResourceResponse(.methodNotAllowed), resource)
        case .found(let resource, let handler):
            guard takesGroup(request, resource.properties) else { return .notForGroups }
            if let refusal = mismatch(request, resource.properties) { return .refused(refusal, resource) }
            return .admitted(resource, handler)
        }
    }

    /// What the contents must have for the method and the resource.
    private func mismatch(_ request: ReceivedRequest<Verified>, _ properties: ResourceProperties) -> ResourceResponse? {
        let options = request.request.options
        let code = request.request.code
        // COAP-0073, COAP-0074
        let isForLaterBlock = options.block2.map { $0.number > 0 } ?? false
        if [.fetch, .patch, .iPatch].contains(code), options.contentFormat == nil, !isForLaterBlock {
            return ResourceResponse(.unsupportedContentFormat)
        }
        // COAP-0038
        if code == .get || code == .fetch, let accept = options.accept, !properties.formats.isEmpty,
            !properties.formats.contains(accept)
        {
            return ResourceResponse(.notAcceptable)
        }
        return nil
    }

    private func takesGroup(_ request: ReceivedRequest<Verified>, _ properties: ResourceProperties) -> Bool {
        guard request.path.isMulticast else { return true }
        // COAP-0265
        guard request.isAuthenticated || properties.servesUnauthenticatedGroups else { return false }
        // COAP-0264, COAP-0269
        let access = properties.groupAccess ?? (Verified.servesGroupsByDefault ? .all : .none)
        return access.includes(request.path.destination)
    }

    /// COAP-0270: looked at before anything that takes longer with more options.
    private func fitsLimits(_ options: Options) -> Bool {
        var count = 0
        var segments = 0
        var arguments = 0
        var length = 0
        var byteCount = 0
        options.forEach { number, value in
            count += 1
            byteCount += value.count
            switch number {
            case .uriPath: segments += 1
            case .uriQuery: arguments += 1
            default: return
            }
            length += value.count + 1
        }
        return count <= settings.limits.options && segments <= settings.limits.pathSegments
            && arguments <= settings.limits.queryArguments && length <= settings.limits.uriLength
            && byteCount <= settings.limits.optionBytes
    }

    private var understood: Set<OptionNumber> {
        settings.understoodByHandlers.isEmpty ? knownOptions : knownOptions.union(settings.understoodByHandlers)
    }
}

// Outside of the generic type, so that they are made once and not for each request.

private let knownOptions: Set<OptionNumber> = [
    .ifMatch, .uriHost, .ifNoneMatch, .uriPort, .uriPath, .uriQuery, .accept, .block1, .block2, .proxyUri, .proxyScheme,
]

private let knownMethods: Set<Code> = [.get, .post, .put, .delete, .fetch, .patch, .iPatch]
