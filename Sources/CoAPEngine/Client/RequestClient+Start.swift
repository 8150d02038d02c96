internal import Bytes
internal import CoAP

extension RequestClient {
    /// Begins an operation.
    ///
    /// - Returns: Its name, for ``cancel(_:at:random:effects:)`` and for matching effects. If a stored response serves, the
    ///   operation is over already and the effects say so.
    /// - Throws: When nothing was begun; nothing has changed then.
    public mutating func start(
        _ request: ClientRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ClientEffect]
    ) throws(ClientRefusal) -> OperationID {
        var request = request
        if case .association = request.peer { request.blockSize = min(request.blockSize, settings.protectedBlockSize) }
        try check(request)
        guard operations.count < settings.operations else { throw .tooManyOperations }
        let key = cache == nil ? nil : ResponseCache.Key(request.message, isGroup: request.group != nil)
        let stored: [(PeerIdentity, Message)]? = if let key { self.stored(key, for: request, at: now) } else { nil }
        if stored == nil { try checkBackOff(request, at: now) }
        let operation = Operation(request, cacheKey: key)
        operation.id = OperationID(number: operations.insert(operation))
        if let stored {
            operations.remove(operation.id.number)
            counters.servedFromCache += 1
            for (peer, message) in stored {
                let response = ClientResponse(
                    peer: peer, source: request.destination, message: message, latency: .zero, isFromCache: true)
                effects.append(.response(operation.id, response))
            }
            effects.append(.ended(operation.id, .complete))
            return operation.id
        }
        operation.offeredETags = eTagsToOffer(for: operation)
        if !(operation.isObserving && operation.isGroup) {
            let end = now.advanced(by: request.group?.deadline ?? request.deadline ?? settings.deadline)
            operation.end = end
            operation.deadlineTimer = timers.set(.deadline(operation.id), at: end)
        }
        if operation.isObserving || operation.isGroup {
            operation.shared = Shared(repeatsLeft: max(request.group?.repeats ?? 0, 0))
            let message = registration(of: operation, observe: request.message.options.observe)
            transmit(
                ClientTransmission(
                    message: message, destination: request.destination, peer: request.peer,
                    reliability: request.reliability, expects: .manyResponses),
                as: .shared(operation), effects: &effects)
        } else {
            let member = Member(request.peer, address: request.destination)
            operation.members.append(member)
            var message = request.message
            if !operation.offeredETags.isEmpty { message.options.eTags = operation.offeredETags }
            converse(operation, with: member, about: message, random: &random, effects: &effects)
        }
        return operation.id
    }

    /// What the application leaves to the client.
    private static let ownOptions: [OptionNumber] = [.block1, .block2, .qBlock1, .qBlock2, .requestTag, .echo]

    private func check(_ request: ClientRequest) throws(ClientRefusal) {
        let options = request.message.options
        guard request.message.code.isRequest else { throw .notARequest }
        for number in Self.ownOptions where options.contains(number) { throw .reservedOption(number) }
        let isObserving = request.isObserving
        if options.contains(.observe) {
            guard isObserving else { throw .reservedOption(.observe) }
            guard request.isSafe else { throw .observedMethod }
        }
        guard (request.group != nil) == request.destination.address.isMulticast else { throw .notAGroup }
        let needsBlocks = request.message.payload.count > request.blockSize.byteCount
        if let group = request.group {
            // COAP-0080
            guard request.reliability == .nonConfirmable else { throw .confirmableToGroup }
            // COAP-0178
            guard !needsBlocks else { throw .bodyNeedsBlocks }
            // COAP-0207
            guard settings.permitsETagsToGroups || !options.contains(.eTag) else { throw .eTagToGroup }
            if let leisure = group.leisure, !isObserving {
                let minimum = leisure + (group.roundTrip ?? .zero)
                guard group.deadline >= minimum else { throw .deadlineTooShort(minimum: minimum) }
            }
        }
        guard needsBlocks else { return }
        guard !isObserving else { throw .bodyNeedsBlocks }
        guard !request.wantsNoResponse else { throw .blocksWithoutResponses }
        let blocks = (request.message.payload.count - 1) / request.blockSize.byteCount
        guard blocks <= Int(BlockOption.maximumNumber) else { throw .bodyTooLarge }
    }

    private mutating func checkBackOff(_ request: ClientRequest, at now: MonotonicInstant) throws(ClientRefusal) {
        // COAP-0078: asking a group is not asking the one member that wants to be spared.
        guard backOffs.count > 0, request.group == nil,
            let wait = backOffs.remaining(for: request.backOffKey(), at: now)
        else { return }
        throw .retryLater(after: wait)
    }

    /// The stored responses that serve in place of the network.
    private func stored(
        _ key: ResponseCache.Key, for request: ClientRequest, at now: MonotonicInstant
    ) -> [(PeerIdentity, Message)]? {
        guard let cache, !request.isObserving else { return nil }
        guard let group = request.group else {
            return cache.fresh(key, of: request.peer, at: now).map { [(request.peer, $0)] }
        }
        // COAP-0126: a group is asked unless everybody in it is known and has answered already.
        guard case .roster(let members) = group.completion, !members.isEmpty else { return nil }
        var responses: [(PeerIdentity, Message)] = []
        for member in members {
            guard let response = cache.fresh(key, of: member, at: now) else { return nil }
            responses.append((member, response))
        }
        return responses
    }

    /// The ETags of stored responses that the servers may confirm.
    private func eTagsToOffer(for operation: Operation) -> [[UInt8]] {
        guard let cache, let key = operation.cacheKey, !operation.request.message.options.contains(.eTag) else {
            return []
        }
        guard operation.isGroup else { return cache.eTag(key, of: operation.request.peer).map { [$0] } ?? [] }
        return settings.permitsETagsToGroups ? cache.groupETags(key) : []
    }

    /// The request that opens or continues a shared exchange.
    ///
    /// - Parameter observe: 0 registers, 1 deregisters; `nil` for a group request that does not observe.
    internal func registration(of operation: Operation, observe: UInt32?) -> Message {
        var message = operation.request.message
        message.options.observe = observe
        // COAP-0147, COAP-0154: the same options as before, but for the ETags.
        if observe == 1 {
            message.options.eTags = []
        } else if !operation.offeredETags.isEmpty {
            message.options.eTags = operation.offeredETags
        }
        // COAP-0174
        if operation.request.blockSize < .bytes1024 {
            message.options.block2 = BlockOption(number: 0, isMore: false, size: operation.request.blockSize)
        }
        return message
    }
}

extension ClientRequest {
    internal func backOffKey(for peer: PeerIdentity? = nil) -> BackOffTable.Key {
        BackOffTable.Key(
            resource: ResourceKey(peer: peer ?? self.peer, options: message.options), method: message.code)
    }
}
