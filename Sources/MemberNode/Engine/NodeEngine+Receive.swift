import ACEGroupcomm
import Bytes
import CoAP
public import CoAPEngine
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// Takes one datagram from a socket. Call ``endBatch(effects:)`` behind the last one that was there.
    ///
    /// - Parameters:
    ///   - datagram: The UDP payload; borrowed for this call only.
    ///   - path: Who sent it, and to which address.
    ///   - now: The moment of arrival.
    ///   - random: The only source of randomness.
    ///   - effects: Receives what to do, in order.
    public func receive(
        _ datagram: Span<UInt8>, from path: DatagramPath, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        if let link, link.isManager(path.source) || link.isForControlResource(datagram, path) {
            drive(at: now, random: &random, effects: &effects) { link, random, wanted in
                link.receive(datagram, from: path, at: now, random: &random, effects: &wanted)
            }
        } else {
            var layerEffects: [MessageLayerEffect] = []
            messageLayer.receive(datagram, from: path, at: now, random: &random, effects: &layerEffects)
            process(layerEffects, at: now, random: &random, effects: &effects)
        }
        sendQueuedRequests(at: now, random: &random, effects: &effects)
        scheduleQuestion(at: now, random: &random)
        scheduleVersionQuestion(at: now, random: &random)
    }

    /// Makes the marks of a batch durable with one commit. Handlers run and answers leave behind it.
    public func endBatch(effects: inout [NodeEffect]) {
        flush(into: &effects)
    }

    func process(
        _ layerEffects: [MessageLayerEffect], at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        for effect in layerEffects {
            switch effect {
            case .transmit(let datagram):
                effects.append(.send(datagram))
            case .request(let request):
                verify(request, mayHold: true, at: now, random: &random, effects: &effects)
            case .response(let exchange, let response):
                takeGroupResponse(
                    response, exchange: exchange, mayHold: true, at: now, random: &random, effects: &effects)
            case .begun, .notification, .failed:
                // A request leaves at once, a member notifies nobody yet, and a group request ends when its time is over.
                continue
            }
        }
    }

    /// Verifies a request; a genuine one waits for its mark to be durable.
    func verify(
        _ incoming: IncomingRequest, mayHold: Bool, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let membership else {
            // It was told once that nothing is served any more; the group goes on talking.
            counters.rejected[.noContext, default: 0] += 1
            staySilent(to: incoming.handle, effects: &effects)
            return
        }
        guard let generations else {
            reject(incoming, .noContext, at: now, effects: &effects)
            return
        }
        // GM-0278
        guard isGroupActive else {
            counters.inactiveDrops += 1
            staySilent(to: incoming.handle, effects: &effects)
            return
        }
        // GOSC-0105: with the new keys, or again with the old ones, as soon as that is known.
        if renewal.isSaving, keepEarly(.request(incoming), at: now, random: &random, effects: &effects) { return }
        let verdict: GroupOSCORE.RequestVerdict
        var isUnderLatest = false
        do throws(VerificationFailure) {
            // GM-0227
            guard mayDecrypt(at: now), !renewal.isSaving else { throw VerificationFailure.noContext }
            let message = try ProtectedMessage(incoming.body.span)
            if let kidContext = message.option.kidContext {
                isUnderLatest = group?.groupID.matches(kidContext) ?? false
            }
            verdict = generations.verifyRequest(message, now: now.sinceZero).verdict
        } catch {
            verdict = .rejected(error)
        }
        switch verdict {
        case .verified(let request):
            // What is marked under the former Gid need not be durable: no restart brings those keys back.
            if let group, request.binding.groupID == group.groupID {
                draft.writes.append(.saveWindow(windowRecord(of: request.sender, in: group)))
            }
            guard membership.roles != .monitor else {
                draft.continuations.append(.overheard(request, incoming.handle))
                return
            }
            // GM-0120: nothing is done for a peer without the requester role, nor by a node that is no responder.
            guard peers[request.sender]?.roles.contains(.requester) == true, membership.roles.contains(.responder)
            else {
                reject(incoming, .role, at: now, effects: &effects)
                return
            }
            draft.continuations.append(.deliver(request, incoming.handle, incoming.path))
        case .unproven:
            // Genuine, but perhaps a replay; a node does not challenge yet, so it discards (GOSC-0091).
            reject(incoming, .invalidWindow, at: now, effects: &effects)
        case .replay(let sender):
            counters.replays += 1
            effects.append(.event(.replay(sender)))
            staySilent(to: incoming.handle, effects: &effects)
        case .rejected(.unknownSender) where mayHold && isUnderLatest:
            hold(HeldMessage(.request(incoming)), at: now, effects: &effects)
        case .rejected(let failure):
            noteUndecryptable(failure, at: now)
            reject(incoming, failure, at: now, effects: &effects)
        }
    }

    /// Tells what a monitor has heard; it answers nobody.
    func overheard(
        _ request: GroupOSCORE.VerifiedRequest, handle: RequestHandle, effects: inout [NodeEffect]
    ) {
        staySilent(to: handle, effects: &effects)
        counters.overheard += 1
        effects.append(
            .event(
                .overheard(
                    OverheardRequest(
                        sender: request.sender, senderName: peers[request.sender]?.name,
                        partialIV: request.binding.request.partialIV.value, code: request.message.code,
                        path: request.message.options.uriPath))))
    }

    /// Counts and forgets a message; nobody is answered.
    func reject(
        _ incoming: IncomingRequest, _ failure: VerificationFailure, at now: MonotonicInstant,
        effects: inout [NodeEffect]
    ) {
        counters.rejected[failure, default: 0] += 1
        effects.append(.event(.rejected(failure, from: incoming.path.source)))
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.silence) {
                var layerEffects: [MessageLayerEffect] = []
                var random = SystemRandomNumberGenerator()
                messageLayer.respond(
                    to: incoming.handle, with: Message(code: .badRequest), at: now, random: &random,
                    effects: &layerEffects)
                for case .transmit(let datagram) in layerEffects { effects.append(.send(datagram)) }
                return
            }
        #endif
        // GOSC-0189: an error answer to what may be a group request would only amplify.
        staySilent(to: incoming.handle, effects: &effects)
    }

    /// No answer will come; a Confirmable message is acknowledged all the same, so that it is not repeated.
    func staySilent(to handle: RequestHandle, effects: inout [NodeEffect]) {
        var layerEffects: [MessageLayerEffect] = []
        messageLayer.stayingSilent(to: handle, effects: &layerEffects)
        for case .transmit(let datagram) in layerEffects { effects.append(.send(datagram)) }
    }

    private func windowRecord(of sender: SenderID, in group: GroupContext) -> NodeReplayWindowRecord {
        // A verified sender always has a window; an empty snapshot would be refused by the store's guard.
        let snapshot =
            group.replayWindow(of: sender)?.snapshot
            ?? ReplayWindow.Snapshot(size: group.replayWindowSize, highest: nil, words: [], isValid: false)
        return NodeReplayWindowRecord(groupID: group.groupID.bytes, senderID: sender.bytes, window: snapshot)
    }
}
