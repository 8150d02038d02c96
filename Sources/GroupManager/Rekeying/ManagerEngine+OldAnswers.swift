import ACEGroupcomm
import CoAP
import CoAPEngine

/// An answer that may tell keys, and which they were.
struct KeyAnswer {
    /// Its place among the replies of the turn.
    let reply: Int
    let request: ResourceRequest<ManagedRequest>
    let groupName: String
    let version: UInt64
}

// An answer leaves when everything of its turn is durable. If the turn makes new keys behind it, it would tell old ones when
// there are newer ones already, and somebody who joins with it would miss those that are brought meanwhile.
extension ManagerEngine {
    /// Notes an answer that may have to be given anew: whatever is read, and joins.
    func noteKeyAnswer(_ asked: AskedRequest<ManagedRequest>, _ decision: Decision, in turn: inout OpenTurn) {
        guard case .protected(_, let request, isNotification: _) = asked, decision.answer.code.isSuccess else { return }
        let path = request.options.uriPath
        guard path.count >= 2, path[0] == "ace-group",
            request.code == .get || request.code == .fetch || request.code == .post && path.count == 2,
            let version = endpoint.protection.state.groups[path[1]]?.record.version
        else { return }
        turn.keyAnswers.append(
            KeyAnswer(reply: turn.replies.count, request: request, groupName: path[1], version: version))
    }

    /// Answers anew what was answered before its group got new keys in the same turn.
    func renewKeyAnswers(
        in turn: inout OpenTurn, writes: inout [ManagerWrite], at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) {
        for old in turn.keyAnswers {
            guard endpoint.protection.state.groups[old.groupName]?.record.version != old.version,
                case .network(let call, var decision) = turn.replies[old.reply]
            else { continue }
            decision.answer = ResourceResponse(.serviceUnavailable)
            if let caller = caller(of: old.request) {
                // What it costs to ask was paid for.
                let again = decide(
                    old.request, of: caller, isNotification: true, rekeyedGroups: turn.rekeyedGroups, at: now,
                    random: &random)
                if apply(again.writes, in: &turn, writes: &writes, random: &random) { decision.answer = again.answer }
            }
            turn.replies[old.reply] = .network(call, decision)
        }
        turn.keyAnswers = []
    }
}
