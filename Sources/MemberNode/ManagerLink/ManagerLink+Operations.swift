import CoAP
import CoAPEngine

extension ManagerLink {
    /// Begins an operation; `false` if nothing was sent.
    @discardableResult
    func start(
        _ request: ClientRequest, _ operation: Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) -> Bool {
        var wanted: [EndpointEffect] = []
        do throws(ClientRefusal) {
            let id = try endpoint.start(request, at: now, random: &random, effects: &wanted)
            operations.append(OpenOperation(id: id, operation: operation, since: now))
        } catch .retryLater(let delay) {
            // The manager has asked to be spared for a while.
            if !postponesAgain(operation, by: delay, at: now, random: &random) {
                failed(operation, .refused(.serviceUnavailable, detail: nil), at: now, effects: &effects)
            }
            return false
        } catch {
            // Too much is under way.
            failed(operation, .unreachable, at: now, effects: &effects)
            return false
        }
        process(wanted, at: now, random: &random, effects: &effects)
        return true
    }

    func process(
        _ wanted: [EndpointEffect], at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [LinkEffect]
    ) {
        for effect in wanted {
            switch effect {
            case .transmit(let datagram): effects.append(.transmit(datagram))
            case .response(let id, let response):
                guard let operation = close(id) else { continue }
                take(response.message, of: operation, at: now, random: &random, effects: &effects)
            case .ended(let id, let end):
                guard let operation = close(id) else { continue }
                ended(operation, end, at: now, random: &random, effects: &effects)
            case .call, .responseLost, .pingEnded: continue
            }
        }
        for case .protected(let call, let request, isNotification: _) in endpoint.takeAsked() {
            effects.append(.asked(call, request))
        }
        for peer in endpoint.protection.hints.keys where hintsEnd[peer] == nil {
            hintsEnd[peer] = now.advanced(by: patience)
        }
        // A genuine answer came after all.
        for peer in hintsEnd.keys where endpoint.protection.hints[peer] == nil { hintsEnd[peer] = nil }
    }

    private func close(_ id: OperationID) -> Operation? {
        operations.firstIndex { $0.id == id }.map { operations.remove(at: $0).operation }
    }

    private func take(
        _ response: Message, of operation: Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        // What answers an upload, nobody can tell.
        let isGenuine = if case .upload = operation { false } else { true }
        if postpones(
            operation, after: response, isGenuine: isGenuine, at: now, random: &random, effects: &effects)
        {
            return
        }
        switch operation {
        case .token: takeToken(response, at: now, effects: &effects)
        case .upload(let own): takeUploadAnswer(response, to: own, at: now, random: &random, effects: &effects)
        case .question(let question):
            recoveries = []
            effects.append(.answered(question, response))
        }
    }

    /// An operation is over without a response.
    private func ended(
        _ operation: Operation, _ end: OperationEnd, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        switch (operation, end) {
        case (.token, .failed(.unprotectable(.notStored))):
            state = .reserving
        case (.question(let question), _) where endpoint.protection.hints[ManagerProtection.manager] != nil:
            waiting.append(question)
            takeHint(from: ManagerProtection.manager, at: now, random: &random, effects: &effects)
        case (.token, _) where endpoint.protection.hints[ManagerProtection.authorizationServer] != nil:
            takeHint(from: ManagerProtection.authorizationServer, at: now, random: &random, effects: &effects)
        default:
            failed(operation, .unreachable, at: now, effects: &effects)
        }
    }

    func failed(
        _ operation: Operation, _ failure: JoinFailure, at now: MonotonicInstant, effects: inout [LinkEffect]
    ) {
        switch operation {
        case .question(let question): effects.append(.failed(question, failure))
        case .token, .upload: fail(failure, rests: false, at: now, effects: &effects)
        }
    }
}
