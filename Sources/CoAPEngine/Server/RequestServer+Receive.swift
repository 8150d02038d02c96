internal import CoAP

extension RequestServer {
    /// Takes a request that has passed its protection.
    ///
    /// - Parameters:
    ///   - request: With the inner message; its handle is used in exactly one effect, now or later.
    ///   - now: The moment of arrival.
    ///   - random: The only source of randomness.
    ///   - effects: Receives what to do, in order.
    public mutating func receive(
        _ request: ReceivedRequest<Verified>, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ServerEffect<Verified>]
    ) {
        secrets.draw(random: &random)
        reachability.draw(random: &random)
        counters.requests += 1
        switch admit(request) {
        case .admitted where !mayDiscover(request, at: now):
            counters.discoveryRefused += 1
            effects.append(.staySilent(request.handle))
        case .admitted(let resource, let handler):
            serve(
                inquiry(request, resource, handler, at: now), at: now, random: &random, effects: &effects)
        case .refused(let response, let resource):
            counters.refused += 1
            refuse(request, response, resource, at: now, random: &random, effects: &effects)
        case .ignored:
            counters.refused += 1
            effects.append(.staySilent(request.handle))
        case .notForGroups:
            counters.refusedFromGroup += 1
            effects.append(.staySilent(request.handle))
        }
    }

    private mutating func inquiry(
        _ received: ReceivedRequest<Verified>, _ resource: Resource<Verified>, _ handler: ResourceHandler<Verified>,
        at now: MonotonicInstant
    ) -> Inquiry<Verified> {
        Inquiry(
            received: received, resource: resource, handler: handler,
            request: ResourceRequest(
                verified: received.request, options: received.request.options.withoutBlocks, payload: [],
                path: received.path, peer: received.peer),
            budget: budget(for: received, at: now), observing: observing(received, resource))
    }

    /// Everything between the look-up of the resource and its handler.
    private mutating func serve(
        _ inquiry: Inquiry<Verified>, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ServerEffect<Verified>]
    ) {
        // COAP-0122
        guard inquiry.resource.permits?(inquiry.request) != false else {
            counters.refused += 1
            return conclude(inquiry, ResourceResponse(.forbidden).message, random: &random, at: now, effects: &effects)
        }
        // COAP-0195: an answer that comes later could not be a challenge, and the work might be for nobody.
        // An answer to a group is never piggybacked.
        if inquiry.isDeferred, inquiry.budget != nil, !(inquiry.isGroup && inquiry.received.isAuthenticated),
            inquiry.received.isAuthenticated || settings.unprovenAddresses == .challenge
        {
            return challenge(inquiry.received, at: now, random: &random, effects: &effects)
        }
        if needsProofToBeKept(inquiry) {
            guard inquiry.isGroup else {
                return challenge(inquiry.received, at: now, random: &random, effects: &effects)
            }
            // Nobody of a group says more than the state.
            counters.overload += 1
            inquiry.observing = nil
        }
        if let asked = inquiry.received.request.options.block2, asked.number > 0,
            laterBlock(inquiry, at: now, random: &random, effects: &effects)
        {
            return
        }
        // COAP-0173: conditions stand in the first block, and refuse it before the others come.
        if (inquiry.received.request.options.block1?.number ?? 0) == 0,
            !meetsConditions(inquiry.request, inquiry.resource)
        {
            forgetUpload(inquiry.key)
            return conclude(
                inquiry, ResourceResponse(.preconditionFailed).message, random: &random, at: now, effects: &effects)
        }
        switch collect(inquiry, at: now) {
        case .answered(let message): conclude(inquiry, message, random: &random, at: now, effects: &effects)
        case .alreadyServed: effects.append(.staySilent(inquiry.received.handle))
        case .complete:
            if inquiry.upload != nil, !meetsConditions(inquiry.request, inquiry.resource) {
                return finish(
                    inquiry, ResourceResponse(.preconditionFailed), at: now, random: &random, effects: &effects)
            }
            if inquiry.observing == .deregister { deregister(inquiry, effects: &effects) }
            call(inquiry, at: now, random: &random, effects: &effects)
        }
    }
}

extension Options {
    /// The options without those that say how the bodies are cut.
    fileprivate var withoutBlocks: Self {
        var options = self
        options.removeAll { [.block1, .block2, .size1, .size2, .requestTag].contains($0) }
        return options
    }
}
