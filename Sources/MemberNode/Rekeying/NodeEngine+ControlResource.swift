import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// Takes a request of the manager. It is answered once what it wants is durable.
    func takeControlRequest(
        _ request: ResourceRequest<OSCORE.VerifiedRequest>, _ call: EndpointCall, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard membership != nil else {
            answer(call, ResourceResponse(.notFound), at: now, random: &random, effects: &effects)
            return
        }
        if request.code == .delete {
            // GM-0354: the manager has ended the membership.
            departureCalls.append(call)
            let reason: LeaveReason = request.permitsReturn ? .unknownToManager : .terminated
            leaveGroup(reason, at: now, random: &random, effects: &effects)
            return
        }
        let response: ResourceResponse?
        do throws(RekeyingRefusal) {
            response = try takeRekeying(request, call, at: now, random: &random, effects: &effects)
        } catch {
            effects.append(.event(.rekeyingRefused(error)))
            response = error.answer
        }
        if let response { answer(call, response, at: now, random: &random, effects: &effects) }
    }

    /// Takes new keys from the manager.
    ///
    /// - Returns: What to answer; `nil` if that has to wait for a commit.
    private func takeRekeying(
        _ request: ResourceRequest<OSCORE.VerifiedRequest>, _ call: EndpointCall, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) throws(RekeyingRefusal) -> ResourceResponse? {
        guard request.options.contentFormat == .aceGroupcomm else { throw .contentFormat }
        guard var message = try? RekeyingMessage(decoding: request.payload.span) else { throw .malformed }
        defer { message.wipe() }
        guard let membership else { return ResourceResponse(.notFound) }
        // GM-0274, GM-0335: compared before anything is done with the rest of it.
        guard message.version > membership.version else { throw .notNewer }
        guard !isMembershipBeingSaved else { throw .busy }
        renewal.highestVersion = max(renewal.highestVersion, message.version)
        switch renewal.step {
        case .saving(var keys) where keys.record.version >= message.version:
            // The same once more: both are answered when it is durable.
            keys.calls.append(call)
            renewal.step = .saving(keys)
            return nil
        // Whatever comes of it is compared with the highest version that was heard of.
        case .saving: return ResourceResponse(.changed)
        case .fetchingKeys, .fetchingStale:
            guard generations?.catchUpStep == nil else { return ResourceResponse(.changed) }
        case .none: break
        }
        // GOSC-0314: who has left since is not known. Nor is it under which Sender ID the manager knows a member whose own
        // has gone stale.
        guard message.version == membership.version + 1, !message.staleSenderIDs.contains(membership.senderID) else {
            renewal.step = .none
            catchUp(to: message.version, isLost: true, at: now, random: &random, effects: &effects)
            return ResourceResponse(.changed)
        }
        var keys = try newKeys(of: message, in: membership, at: now, effects: &effects)
        keys.calls = [call]
        // Whatever was asked about them: who is stale since then is another question, the next time.
        link?.dropKeyQuestions(at: now, random: &random)
        save(keys)
        return nil
    }

    /// Whether a commit is open that changes the same as new keys would.
    private var isMembershipBeingSaved: Bool {
        (waiting.values.joined() + draft.continuations).contains { continuation in
            switch continuation {
            case .senderIDSaved, .managerCredentialSaved, .left: true
            default: false
            }
        }
    }

    /// Answers a request of the manager.
    func answer(
        _ call: EndpointCall, _ response: ResourceResponse, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        drive(at: now, random: &random, effects: &effects) { link, random, wanted in
            link.complete(call, with: response, at: now, random: &random, effects: &wanted)
        }
    }

    /// Tells the manager what has become of its DELETE.
    func answerDeparture(
        _ response: ResourceResponse, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        let calls = departureCalls
        departureCalls = []
        for call in calls { answer(call, response, at: now, random: &random, effects: &effects) }
    }
}

extension ResourceRequest {
    // GM-0389
    /// Whether a DELETE says that nobody wants this member out: it is an elder (RFC 10021 §12.2.1.1.1), and may join again.
    fileprivate var permitsReturn: Bool {
        options.uint(of: .groupcommError) == GroupcommErrorID.membersOnly.rawValue
    }
}

extension RekeyingRefusal {
    /// What the manager is told.
    fileprivate var answer: ResourceResponse {
        switch self {
        // It is as the manager wants it.
        case .notNewer: ResourceResponse(.changed)
        case .contentFormat: ResourceResponse(.unsupportedContentFormat)
        case .malformed, .groupIDNotNew, .unusable: ResourceResponse(.badRequest)
        case .storage, .busy: .storageFailed
        }
    }
}

extension ResourceResponse {
    /// 5.03: what was wanted could not be made durable. It may work later.
    static var storageFailed: ResourceResponse {
        var response = ResourceResponse(.serviceUnavailable)
        response.options.maxAge = 5
        return response
    }
}
