import ACEGroupcomm
import CoAP
import CoAPEngine

extension NodeEngine {
    /// Lets the link take an input, and carries out what it wants.
    func drive<Random: RandomNumberGenerator>(
        at now: MonotonicInstant, random: inout Random, effects: inout [NodeEffect],
        _ input: (ManagerLink, inout Random, inout [LinkEffect]) -> Void
    ) {
        guard let link else { return }
        var wanted: [LinkEffect] = []
        input(link, &random, &wanted)
        for (failure, count) in link.takeRejected() { counters.rejected[failure, default: 0] += count }
        for effect in wanted {
            switch effect {
            case .transmit(let datagram): effects.append(.send(datagram))
            case .saveToken(let record): save(record)
            case .dropToken: draft.writes.append(.dropToken)
            case .ready(let question):
                do {
                    try send(question, at: now, random: &random, effects: &effects)
                } catch {
                    // What the manager told may be old, or somebody else's: the next attempt begins with an upload.
                    if question == .join { link.renew(.upload) }
                    failed(question, error, at: now, random: &random, effects: &effects)
                }
            case .reestablished:
                // A manager that was restored has other keys for the group, and could not tell anybody.
                if membership != nil { ask(.keys, at: now, random: &random, effects: &effects) }
            case .asked(let call, let request):
                takeControlRequest(request, call, at: now, random: &random, effects: &effects)
            case .answered(let question, let message):
                answered(question, message, at: now, random: &random, effects: &effects)
            case .failed(let question, let failure):
                failed(question, failure, at: now, random: &random, effects: &effects)
            }
        }
        reserve()
    }

    /// Asks the manager something, as soon as that is possible.
    func ask(
        _ question: ManagerQuestion, isUrgent: Bool = false, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard link != nil else {
            failed(question, .badManagerAddress, at: now, random: &random, effects: &effects)
            return
        }
        drive(at: now, random: &random, effects: &effects) { link, random, wanted in
            link.ask(question, isUrgent: isUrgent, at: now, random: &random, effects: &wanted)
        }
    }

    /// Sends the request of a question; a join that lacks its key pair is asked again once that is durable.
    private func send(
        _ question: ManagerQuestion, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) throws(JoinFailure) {
        guard question != .join || !lacksIdentity else {
            try makeIdentity(random: &random)
            return
        }
        let message = try request(for: question)
        drive(at: now, random: &random, effects: &effects) { link, random, wanted in
            link.send(question, message, at: now, random: &random, effects: &wanted)
        }
    }

    /// The request of a question, as it is now.
    private func request(for question: ManagerQuestion) throws(JoinFailure) -> Message {
        guard question != .join else { return try joinRequest() }
        guard let membership, let link else { throw .notJoined }
        let group = ["ace-group", membership.groupName]
        let node = group + ["nodes", membership.memberName]
        return switch question {
        case .join: try joinRequest()
        case .roster(let aboutStrangers): rosterRequest(group + ["creds"], membership, aboutStrangers: aboutStrangers)
        case .leave: .request(.delete, node)
        case .renewSenderID: .post(node)
        case .managerCredential: .request(.get, group + ["kdc-cred"])
        case .version: .request(.get, group + ["num"])
        case .status: .request(.get, group + ["active"])
        case .policies: .request(.get, group + ["policies"])
        case .keys: .request(.get, node)
        case .staleSenderIDs:
            .request(
                .fetch, group + ["stale-sids"], .cbor, StaleSenderIDs.encodeRequest(version: membership.version))
        case .token: link.tokenRequest
        }
    }

    private func answered(
        _ question: ManagerQuestion, _ answer: Message, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        if question == .join {
            takeJoinResponse(answer, at: now, random: &random, effects: &effects)
            return
        }
        // What was asked for a membership that has ended meanwhile.
        guard membership != nil else { return }
        guard answer.code.isSuccess else {
            refused(question, answer, at: now, random: &random, effects: &effects)
            return
        }
        hasRejoined = false
        switch question {
        case .join: return
        case .roster(let aboutStrangers):
            takeRoster(answer, aboutStrangers: aboutStrangers, at: now, random: &random, effects: &effects)
        case .leave: leaveGroup(.commanded, at: now, random: &random, effects: &effects)
        case .renewSenderID: takeSenderID(answer, at: now, random: &random, effects: &effects)
        case .managerCredential: takeManagerCredential(answer, effects: &effects)
        case .version: takeVersion(answer, at: now, random: &random, effects: &effects)
        case .status: takeStatus(answer, effects: &effects)
        case .policies: takePolicies(answer, at: now, effects: &effects)
        case .keys: takeKeys(answer, at: now, random: &random, effects: &effects)
        case .staleSenderIDs: takeStaleSenderIDs(answer, at: now, random: &random, effects: &effects)
        case .token: takeNewToken(answer, at: now, effects: &effects)
        }
    }

    /// The manager has said no, and meant it.
    private func refused(
        _ question: ManagerQuestion, _ answer: Message, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        let problem = ProblemDetails(of: answer)
        let reaction = problem?.error.flatMap(ErrorReaction.init)
        if question == .leave, reaction == .join || reaction == .forget || answer.code == .notFound {
            // It is as it should be: perhaps the answer to an earlier attempt was lost.
            leaveGroup(.commanded, at: now, random: &random, effects: &effects)
            return
        }
        failed(
            question, .refused(answer.code, detail: problem?.text), at: now, random: &random, effects: &effects)
        switch reaction {
        case .join: leaveGroup(.unknownToManager, at: now, random: &random, effects: &effects)
        case .forget: leaveGroup(.terminated, at: now, random: &random, effects: &effects)
        case .cleanUp: leaveGroup(.groupDeleted, at: now, random: &random, effects: &effects)
        case .wait where problem?.error == .groupInactive: setActive(false, effects: &effects)
        case .wait, .joinWithGrantedRoles, .newKeyPair, .proveAnew, .stop, nil: return
        }
    }

    private func failed(
        _ question: ManagerQuestion, _ failure: JoinFailure, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        switch question {
        case .join: joinFailed(failure, effects: &effects)
        case .roster(let aboutStrangers): rosterFailed(aboutStrangers: aboutStrangers, at: now, effects: &effects)
        case .leave: leaveFailed(failure, at: now, random: &random, effects: &effects)
        case .renewSenderID: renewalFailed(failure, at: now, effects: &effects)
        case .keys, .staleSenderIDs: keysNotFetched(failure, at: now, effects: &effects)
        case .managerCredential, .version, .status, .policies, .token: break
        }
        if let operation = question.operation { effects.append(.event(.managerRefused(operation, failure))) }
    }

    func noteTime(_ time: UnixTime?, at now: MonotonicInstant) {
        guard let time else { return }
        clock = ClockReading(time: time, readAt: now)
        link?.clock = clock
    }
}

extension ProblemDetails {
    /// The problem that an answer names, if it does.
    init?(of answer: Message) {
        guard answer.options.contentFormat == .problemDetails || answer.options.contentFormat == nil,
            let problem = try? ProblemDetails(decoding: answer.payload.span)
        else { return nil }
        self = problem
    }

    /// What an operator may read.
    var text: String? { detail ?? title }
}
