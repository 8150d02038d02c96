internal import Bytes
internal import CoAP

extension RequestClient {
    /// Takes one of several responses: of a member of a group, or of an observed resource.
    internal mutating func receiveShared(
        _ response: ReceivedResponse, _ operation: Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) -> OperationEnd? {
        let peer = operation.isGroup ? response.peer : operation.request.peer
        let member: Member
        if let known = operation.members[peer] {
            member = known
        } else {
            guard operation.members.count < settings.respondersPerGroup else {
                counters.droppedResponses += 1
                return nil
            }
            member = Member(peer, address: operation.request.destination)
            operation.members.append(member)
        }
        if operation.isGroup { member.address = response.path.answerDestination }
        _ = noteBackOff(response.message, of: peer, operation, at: now)
        if isChallenge(response, to: member), let echo = response.message.options.echo {
            member.hasAnsweredChallenge = true
            if operation.isObserving {
                counters.challengesAnswered += 1
                register(operation, at: member, echo: echo, now: now, random: &random, effects: &effects)
            } else {
                // COAP-0199: the answer to a challenge is for its sender only.
                converse(
                    operation, with: member, about: operation.request.message, echo: echo, random: &random,
                    effects: &effects)
            }
            return nil
        }
        if operation.isObserving {
            guard order(response.message, of: member, operation, at: now, random: &random) else {
                counters.staleNotifications += 1
                return nil
            }
        } else {
            guard member.responses < settings.responsesPerResponder else {
                counters.droppedResponses += 1
                return nil
            }
            member.responses += 1
        }
        return collect(response, of: member, operation, at: now, random: &random, effects: &effects)
    }

    /// Whether a response is a challenge that is to be answered.
    private func isChallenge(_ response: ReceivedResponse, to member: Member) -> Bool {
        // COAP-0192, COAP-0193
        response.message.code == .unauthorized && response.message.options.echo != nil
            && response.peer == member.peer && !member.hasAnsweredChallenge
    }

    /// Gets the whole body of a response and hands it over.
    private mutating func collect(
        _ response: ReceivedResponse, of member: Member, _ operation: Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) -> OperationEnd? {
        let message = response.message
        let latency = operation.shared?.leftAt?.duration(to: now) ?? .zero
        let isBlock = BlockDownload.isNeeded(for: message) && operation.request.group?.fetchesBlocks != false
        // The same representation may be on its way already.
        if isBlock, let tag = message.options.eTag, member.conversation?.transfer.eTag == tag { return nil }
        // Of two bodies of one responder the newer counts.
        if isBlock || operation.isObserving { drop(member, effects: &effects) }
        guard isBlock else {
            guard message.payload.count <= operation.request.maximumBodyLength else {
                return lose(operation, member, .bodyTooLarge, effects: &effects)
            }
            let whole = BlockDownload.isNeeded(for: message) ? message : message.withoutBlocks
            return deliver(
                whole, of: member, source: response.path.source, latency: latency, security: response.security,
                operation, at: now, random: &random, effects: &effects)
        }
        var request = operation.request.message
        request.options.observe = nil
        member.conversation = Conversation(
            transfer: transfer(of: operation, with: member.peer, about: request), latency: latency,
            source: response.path.source, security: response.security)
        // COAP-0175: each responder is asked for the rest by itself, in its own block size.
        let step = advance(member, random: &random) { transfer, tags, random in
            transfer.resume(after: message, tags: &tags, random: &random)
        }
        return take(step, of: member, operation, at: now, random: &random, effects: &effects)
    }
}
