internal import CoAP

// Conditional requests and validation (RFC 7252 §5.10.6 and §5.10.8).
extension RequestServer {
    /// Whether If-Match and If-None-Match permit a request to act.
    mutating func meetsConditions(_ request: ResourceRequest<Verified>, _ resource: Resource<Verified>) -> Bool {
        let wanted = request.options.ifMatch
        let wantsNone = request.options.ifNoneMatch
        guard !wanted.isEmpty || wantsNone else { return true }
        guard case .existing(let eTag) = state(for: request, resource) else { return wanted.isEmpty }
        // COAP-0041
        if wantsNone { return false }
        // COAP-0040: an empty value asks for existence only.
        return wanted.contains { $0.isEmpty || $0 == eTag }
    }

    private mutating func state(for request: ResourceRequest<Verified>, _ resource: Resource<Verified>) -> ResourceState
    {
        if let state = resource.state { return state(request) }
        guard case .immediate(let get) = resource.methods[.get] else { return .existing(eTag: nil) }
        var options = Options()
        options.uriPath = request.options.uriPath
        options.uriQuery = request.options.uriQuery
        counters.handlerCalls += 1
        let answer = get(
            ResourceRequest(
                verified: request.verified, code: .get, options: options, payload: [], path: request.path,
                peer: request.peer))
        guard answer.code.isSuccess else { return answer.code == .notFound ? .missing : .existing(eTag: nil) }
        return .existing(eTag: answer.options.eTag ?? secrets.eTag(answer.message))
    }

    /// 2.03 without payload for a client that has this representation already.
    func validated(_ answer: ResourceResponse, for request: ResourceRequest<Verified>) -> ResourceResponse {
        guard answer.code == .content, request.code == .get || request.code == .fetch else { return answer }
        let known = request.options.eTags
        guard !known.isEmpty else { return answer }
        // COAP-0205, COAP-0208
        let current = answer.options.eTag ?? secrets.eTag(answer.message)
        guard known.contains(current) else { return answer }
        var valid = ResourceResponse(.valid, options: answer.options)
        valid.options.remove(.contentFormat)
        valid.options.eTag = current
        return valid
    }
}
