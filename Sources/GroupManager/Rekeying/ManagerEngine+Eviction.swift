import ACEGroupcomm
import CoAP
import CoAPEngine

// GM-0347
extension ManagerEngine {
    /// Keeps the associations over which those who are evicted are told. To be called before what evicts them is applied, for
    /// that may remove their clients.
    func hold(_ evicted: [EvictedMember]) -> [(member: EvictedMember, association: LiveAssociation)] {
        evicted.compactMap { member in
            guard let name = member.association, let association = endpoint.protection.holdable(name) else {
                return nil
            }
            return (member, association)
        }
    }

    /// It is durable that somebody is evicted: it is told at its control resource, or else by the end of what it observes of
    /// itself, or not at all.
    func tell(
        _ member: EvictedMember, over association: LiveAssociation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, wanted: inout [EndpointEffect]
    ) {
        let name = association.name
        guard case .client = name else { return }
        let resource = ControlResource(member.controlURI, lastSeen: member.lastSeen)
        let isKept = endpoint.protection.keep(name, held: association)
        let group = ["ace-group", member.groupName]
        // GM-0211
        _ = endpoint.endObservations(
            of: name.peer, below: group,
            tellingOnceAt: resource == nil ? group + ["nodes", member.nodeName] : nil,
            with: .problem(.notFound, member.error), at: now, random: &random, effects: &wanted)
        guard let resource else {
            if isKept { endpoint.protection.release(name) }
            return
        }
        distributions.evictions.add(
            EvictionNotices.Notice(
                recipient: EvictionNotices.Recipient(groupName: member.groupName, client: member.client),
                association: name, isKept: isKept, resource: resource,
                deadline: now.advanced(by: settings.evictionDeadline),
                mayReturn: member.mayReturn))
    }

    /// Somebody is a member, durably: that it was evicted before is not said any more.
    func withdrawNotice(
        to member: MemberRecord, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        wanted: inout [EndpointEffect]
    ) {
        let recipient = EvictionNotices.Recipient(groupName: member.groupName, client: member.client)
        guard let (number, notice) = distributions.evictions.withdraw(recipient) else { return }
        for operation in distributions.operations(ofNotice: number) {
            cancel(operation, at: now, random: &random, wanted: &wanted)
        }
        release(notice)
    }

    /// There will be no other attempt.
    func release(_ notice: EvictionNotices.Notice) {
        if notice.isKept { endpoint.protection.release(notice.association) }
    }
}
