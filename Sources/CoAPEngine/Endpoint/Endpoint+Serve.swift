internal import CoAP

extension Endpoint {
    /// The answer of a handler that was run for ``EndpointEffect/call(_:_:)``. One that comes too late is dropped.
    public mutating func complete(
        _ call: EndpointCall, with response: ResourceResponse, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        switch call.site {
        case .open:
            var wanted: [ServerEffect<UnprotectedRequest>] = []
            openServer.complete(call.call, with: response, at: now, random: &random, effects: &wanted)
            carryOut(wanted, of: .open, at: now, random: &random, effects: &effects)
        case .protected:
            var wanted: [ServerEffect<Protection.Verified>] = []
            protectedServer.complete(call.call, with: response, at: now, random: &random, effects: &wanted)
            carryOut(wanted, of: .protected, at: now, random: &random, effects: &effects)
        }
    }

    /// The representation of a resource has changed: its observers are told.
    public mutating func resourceChanged(
        _ path: [String], at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) {
        var open: [ServerEffect<UnprotectedRequest>] = []
        openServer.resourceChanged(path, at: now, random: &random, effects: &open)
        carryOut(open, of: .open, at: now, random: &random, effects: &effects)
        var protected: [ServerEffect<Protection.Verified>] = []
        protectedServer.resourceChanged(path, at: now, random: &random, effects: &protected)
        carryOut(protected, of: .protected, at: now, random: &random, effects: &effects)
    }

    /// Ends what a peer observes behind the protection, at a path and below it, with an error as the last notification.
    public mutating func endObservations(
        of peer: PeerIdentity, below path: [String], with response: ResourceResponse, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        var wanted: [ServerEffect<Protection.Verified>] = []
        protectedServer.endObservations(
            of: peer, below: path, with: response, at: now, random: &random, effects: &wanted)
        carryOut(wanted, of: .protected, at: now, random: &random, effects: &effects)
    }

    /// Ends what a peer observes behind the protection, at a path and below it. It is told once, or not at all.
    ///
    /// - Parameters:
    ///   - place: Of its observations of this path one gets the error as its last notification; the others end in silence.
    ///     `nil` tells nothing.
    ///   - response: The error.
    /// - Returns: Whether it was told.
    public mutating func endObservations(
        of peer: PeerIdentity, below path: [String], tellingOnceAt place: [String]?, with response: ResourceResponse,
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) -> Bool {
        var wanted: [ServerEffect<Protection.Verified>] = []
        let isTold = protectedServer.endObservations(
            of: peer, below: path, tellingOnceAt: place, with: response, at: now, random: &random, effects: &wanted)
        carryOut(wanted, of: .protected, at: now, random: &random, effects: &effects)
        return isTold
    }

    /// Changes what is served.
    public mutating func updateResources(
        _ change: (inout ResourceTree<UnprotectedRequest>, inout ResourceTree<Protection.Verified>) -> Void
    ) {
        change(&openServer.resources, &protectedServer.resources)
    }

    mutating func serve(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) {
        switch protection.verifyRequest(request, at: now, random: &random) {
        case .unprotected:
            serveOpen(request, at: now, random: &random, effects: &effects)
        case .verified(let verified, let binding, let peer):
            received.set(
                request.handle.number,
                ReceivedBinding(path: request.path, token: request.token, protection: binding))
            var wanted: [ServerEffect<Protection.Verified>] = []
            protectedServer.receive(
                ReceivedRequest(
                    handle: request.handle, path: request.path, token: request.token, type: request.type, peer: peer,
                    isAuthenticated: true, byteCount: request.byteCount, request: verified),
                at: now, random: &random, effects: &wanted)
            carryOut(wanted, of: .protected, at: now, random: &random, effects: &effects)
        case .refused(let response):
            counters.requestsRefused += 1
            // COAP-0273: an unprotected error for one server, silence for a group.
            if request.path.isMulticast {
                staySilent(to: request.handle, effects: &effects)
            } else {
                refuse(request, response, at: now, random: &random, effects: &effects)
            }
        case .answered(let response):
            guard let delay = protectedServer.delay(for: request.path, at: now, random: &random) else {
                staySilent(to: request.handle, effects: &effects)
                return
            }
            answer(request.handle, response, after: delay, at: now, random: &random, effects: &effects)
        case .discarded:
            counters.requestsRefused += 1
            staySilent(to: request.handle, effects: &effects)
        }
    }

    private mutating func serveOpen(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) {
        let unprotected = UnprotectedRequest(request)
        // COAP-0272
        if needsProtection(unprotected) {
            counters.unprotectedRequests += 1
            if request.path.isMulticast {
                staySilent(to: request.handle, effects: &effects)
            } else {
                refuse(request, unauthorized, at: now, random: &random, effects: &effects)
            }
            return
        }
        received.set(request.handle.number, ReceivedBinding(path: request.path, token: request.token))
        var wanted: [ServerEffect<UnprotectedRequest>] = []
        openServer.receive(
            ReceivedRequest(
                handle: request.handle, path: request.path, token: request.token, type: request.type,
                peer: .endpoint(request.path.source), isAuthenticated: false, byteCount: request.byteCount,
                request: unprotected),
            at: now, random: &random, effects: &wanted)
        carryOut(wanted, of: .open, at: now, random: &random, effects: &effects)
    }

    // COAP-0196
    /// Answers an error that nothing protects: whole if it is short enough for an address that may be forged, else the Code
    /// alone.
    private mutating func refuse(
        _ request: IncomingRequest, _ response: Message, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        var message = EncodedMessage(response)
        if !openServer.permits(4 + request.token.count + message.body.count, to: request, at: now) {
            message = EncodedMessage(code: response.code, body: [])
        }
        answer(request.handle, message, after: .zero, at: now, random: &random, effects: &effects)
    }

    private func needsProtection(_ request: UnprotectedRequest) -> Bool {
        guard !protectedServer.resources.isEmpty else { return false }
        return protectedServer.resources.serves(pathOf: request.options)
            && !openServer.resources.serves(pathOf: request.options)
    }

    mutating func carryOut<Verified>(
        _ wanted: [ServerEffect<Verified>], of site: EndpointSite, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        for effect in wanted {
            switch effect {
            case .respond(let handle, let response, after: let delay):
                respond(to: handle, response, after: delay, at: now, random: &random, effects: &effects)
            case .staySilent(let handle):
                received.remove(handle.number)
                staySilent(to: handle, effects: &effects)
            case .call(let call, let request, let handler):
                effects.append(.call(EndpointCall(site: site, call: call)) { await handler(request) })
            case .ask(let call, let request, let isNotification):
                let call = EndpointCall(site: site, call: call)
                if let request = request as? ResourceRequest<UnprotectedRequest> {
                    asked.append(.open(call, request, isNotification: isNotification))
                } else if let request = request as? ResourceRequest<Protection.Verified> {
                    asked.append(.protected(call, request, isNotification: isNotification))
                }
            case .observing(let id, let handle):
                let key = ObservationKey(site: site, id: id)
                guard var binding = received[handle.number] else { continue }
                binding.observation = key
                received.set(handle.number, binding)
                observations[key, default: Observation(binding: binding)].binding = binding
            case .notify(
                let id, let message, isConfirmable: let isConfirmable, isRetransmitted: let isRetransmitted,
                after: let delay):
                notify(
                    ObservationKey(site: site, id: id), message, isConfirmable: isConfirmable,
                    isRetransmitted: isRetransmitted, after: delay, at: now, random: &random, effects: &effects)
            case .observationEnded(let id):
                forget(ObservationKey(site: site, id: id))
            }
        }
    }

    private mutating func respond(
        to handle: RequestHandle, _ response: Message, after delay: Duration, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        guard var binding = received.remove(handle.number) else { return }
        guard let protected = protect(response, &binding) else {
            staySilent(to: handle, effects: &effects)
            return
        }
        // Its notifications go on where this answer ends: it may have used the nonce of the request.
        if let key = binding.observation { begin(key, binding, answering: handle) }
        answer(handle, protected, after: delay, at: now, random: &random, effects: &effects)
    }

    /// The outer message of an answer or notification; `nil` if it cannot be protected.
    mutating func protect(_ response: Message, _ binding: inout ReceivedBinding) -> EncodedMessage? {
        guard var inner = binding.protection else { return EncodedMessage(response) }
        let protected = protection.protectResponse(response, to: &inner)
        binding.protection = inner
        guard let protected, isUnfragmented(protected) else {
            counters.unprotectable += 1
            return nil
        }
        return protected
    }

    mutating func answer(
        _ handle: RequestHandle, _ response: EncodedMessage, after delay: Duration, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        let response = cut(response, answering: handle, at: now)
        var pending = takeLayerEffects()
        layer.respond(
            to: handle, code: response.code, body: response.body, after: delay, at: now, random: &random,
            effects: &pending)
        process(&pending, at: now, random: &random, effects: &effects)
    }

    mutating func staySilent(to handle: RequestHandle, effects: inout [EndpointEffect]) {
        outer.wishes.remove(handle.number)
        var pending = takeLayerEffects()
        layer.stayingSilent(to: handle, effects: &pending)
        for case .transmit(let datagram) in pending { effects.append(.transmit(datagram)) }
        giveBack(&pending)
    }
}
