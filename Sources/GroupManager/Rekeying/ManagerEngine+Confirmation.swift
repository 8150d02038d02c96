import ACEGroupcomm
import CoAP
import CoAPEngine

// GM-0317
extension ManagerEngine {
    /// Makes durable who has confirmed: all that have since the last commit, in this one.
    func confirm(
        in turn: inout OpenTurn, writes: inout [ManagerWrite], random: inout some RandomNumberGenerator
    ) {
        let confirmations = distributions.confirmations
        distributions.confirmations = []
        for confirmation in confirmations {
            let key = confirmation.member
            // What was confirmed of former keys is of no use.
            guard state.groups[key.groupName]?.record.version == confirmation.version,
                let member = state.groups[key.groupName]?.members[key.name], member.keyVersion < confirmation.version,
                apply(
                    [.confirmKeys(key, version: confirmation.version)], in: &turn, writes: &writes, random: &random)
            else { continue }
            turn.confirmations.append(confirmation)
        }
    }

    // GM-0319
    /// Whoever reads the present keys has them.
    func confirmed(
        _ decision: Decision, by caller: Caller, _ request: ResourceRequest<ManagedRequest>
    ) -> Decision {
        let path = request.options.uriPath
        guard request.code == .get, decision.answer.code == .content, path.first == "ace-group",
            path.count == 2 || path.count == 4 && path[2] == "nodes", case .client(let client) = caller,
            let group = state.groups[path[1]], let member = group.member(client.client),
            member.keyVersion < group.record.version
        else { return decision }
        var decision = decision
        decision.writes.append(.confirmKeys(member.key, version: group.record.version))
        return decision
    }

    /// What has become durable changes who has to be told.
    func noteChanges(
        _ changes: [ManagerUndo], at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        wanted: inout [EndpointEffect]
    ) {
        for change in changes {
            switch change {
            case .rekeying(let before):
                dueSinceStart.remove(before.record.name)
                beginDistribution(of: before.record.name, at: now, random: &random, wanted: &wanted)
            case .member(let key, _):
                if let member = state.groups[key.groupName]?.members[key.name] {
                    withdrawNotice(to: member, at: now, random: &random, wanted: &wanted)
                }
                guard let distribution = distributions.groups[key.groupName] else { continue }
                let version = state.groups[key.groupName]?.members[key.name]?.keyVersion
                guard version.map({ $0 >= distribution.version }) ?? true,
                    let operation = distributions.groups[key.groupName]?.settle(key.name, hasKeys: version != nil)
                else { continue }
                cancel(operation, at: now, random: &random, wanted: &wanted)
            case .group: setProbingRate()
            default: break
            }
        }
    }

    /// Begins to tell the members of a group, and has those told who observe it.
    private func beginDistribution(
        of name: String, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        wanted: inout [EndpointEffect]
    ) {
        guard let group = state.groups[name] else { return }
        let former = distributions.begin(Distribution(of: group, at: now, settings: settings))
        for operation in former { cancel(operation, at: now, random: &random, wanted: &wanted) }
        // GM-0314
        guard !observers.isEmpty else { return }
        let path = ["ace-group", name]
        endpoint.resourceChanged(path, at: now, random: &random, effects: &wanted)
        for member in group.members.values {
            guard let recipientID = state.recipientIDs[member.client], observers.contains(recipientID) else { continue }
            endpoint.resourceChanged(
                path + ["nodes", member.nodeName], at: now, random: &random, effects: &wanted)
        }
    }

    /// What is under way has no use any more.
    func cancel(
        _ operation: OperationID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        wanted: inout [EndpointEffect]
    ) {
        distributions.operations[operation] = nil
        endpoint.cancel(operation, at: now, random: &random, effects: &wanted)
    }
}
