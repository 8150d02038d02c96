internal import Bytes
internal import CoAP

extension RequestClient {
    /// Takes one of several responses: of a member of a group, or of an observed resource.
    internal mutating func receiveShared(
        _ response: ReceivedResponse, _ operation: inout Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) -> OperationEnd? {
        let peer = operation.isGroup ? response.peer : operation.request.peer
        if operation.members[peer] == nil {
            guard operation.members.count < settings.respondersPerGroup else {
                counters.droppedResponses += 1
                return nil
            }
            operation.members[peer] = Member(address: operation.request.destination)
        }
        if operation.isGroup { operation.members[peer]?.address = response.path.answerDestination }
        _ = noteBackOff(response.message, of: peer, operation, at: now)
        if isChallenge(response, to: peer, operation), let echo = response.message.options.echo {
            operation.members[peer]?.hasAnsweredChallenge = true
            if operation.request.isObserving {
                counters.challengesAnswered += 1
                register(&operation, at: peer, echo: echo, now: now, random: &random, effects: &effects)
            } else {
                // COAP-0199: the answer to a challenge is for its sender only.
                converse(
                    &operation, with: peer, about: operation.request.message, echo: echo, random: &random,
                    effects: &effects)
            }
            return nil
        }
        if operation.request.isObserving {
            guard order(response.message, of: peer, &operation, at: now, random: &random) else {
                counters.staleNotifications += 1
                return nil
            }
        } else {
            guard operation.members[peer].map({ $0.responses < settings.responsesPerResponder }) == true else {
                counters.droppedResponses += 1
                return nil
            }
            operation.members[peer]?.responses += 1
        }
        return collect(response, of: peer, &operation, at: now, random: &random, effects: &effects)
    }

    /// Whether a response is a challenge that is to be answered.
    private func isChallenge(_ response: ReceivedResponse, to peer: PeerIdentity, _ operation: Operation) -> Bool {
        // COAP-0192, COAP-0193
        response.message.code == .unauthorized && response.message.options.echo != nil && response.peer == peer
            && operation.members[peer]?.hasAnsweredChallenge == false
    }

    /// Gets the whole body of a response and hands it over.
    private mutating func collect(
        _ response: ReceivedResponse, of peer: PeerIdentity, _ operation: inout Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) -> OperationEnd? {
        let message = response.message
        let latency = operation.shared?.leftAt?.duration(to: now) ?? .zero
        let isBlock = BlockDownload.isNeeded(for: message) && operation.request.group?.fetchesBlocks != false
        let running = operation.members[peer]?.conversation
        // The same representation may be on its way already.
        if isBlock, let tag = message.options.eTag, running?.transfer.eTag == tag { return nil }
        // Of two bodies of one responder the newer counts.
        if isBlock || operation.request.isObserving { drop(&operation, peer, effects: &effects) }
        guard isBlock else {
            guard message.payload.count <= operation.request.maximumBodyLength else {
                return lose(&operation, peer, .bodyTooLarge, effects: &effects)
            }
            let whole = BlockDownload.isNeeded(for: message) ? message : message.withoutBlocks
            return deliver(
                whole, of: peer, source: response.path.source, latency: latency, &operation, at: now, random: &random,
                effects: &effects)
        }
        var request = operation.request.message
        request.options.observe = nil
        let conversation = Conversation(
            transfer: transfer(of: operation, with: peer, about: request), latency: latency,
            source: response.path.source)
        operation.members[peer]?.conversation = conversation
        // COAP-0175: each responder is asked for the rest by itself, in its own block size.
        let step = advance(&operation, peer, random: &random) { transfer, tags, random in
            transfer.resume(after: message, tags: &tags, random: &random)
        }
        return take(step, of: peer, &operation, at: now, random: &random, effects: &effects)
    }
}
