import ACEGroupcomm
import CoAP
import CoAPEngine

// GM-0304: this goes on only while no commit is open, so all that the state says is durable.
extension ManagerEngine {
    /// Sends what the manager has to say to members, as much as may be under way.
    func distribute(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        guard open == nil, distributions.goesOn(at: now) else { return }
        for name in distributions.unbegun {
            if let group = state.groups[name] {
                _ = distributions.begin(Distribution(of: group, at: now, settings: settings))
            }
        }
        distributions.unbegun = []
        distributions.advance(to: now)
        var wanted: [EndpointEffect] = []
        // GM-0330
        while distributions.operations.count < settings.deliveriesAtOnce {
            if let member = distributions.nextMember(at: now, limit: settings.deliveriesAtOnce) {
                sendKeys(to: member, at: now, random: &random, wanted: &wanted)
            } else if let number = distributions.nextNotice(at: now, limit: settings.deliveriesAtOnce) {
                sendEviction(number, at: now, random: &random, wanted: &wanted)
            } else {
                break
            }
            take(wanted, at: now, effects: &effects)
            wanted = []
        }
        for distribution in distributions.finished {
            distributions.remove(distribution.groupName)
            counters.stragglers += UInt64(distribution.stragglers.count)
            effects.append(
                .event(
                    .rekeyingCompleted(
                        group: distribution.groupName, version: distribution.version,
                        confirmed: distribution.confirmed, stragglers: distribution.stragglers)))
        }
    }

    /// Tells one member of the present keys of its group.
    private func sendKeys(
        to key: MemberKey, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        wanted: inout [EndpointEffect]
    ) {
        guard let group = state.groups[key.groupName], let distribution = distributions.groups[key.groupName] else {
            return
        }
        guard let member = group.members[key.name], let recipientID = state.recipientIDs[member.client],
            let client = state.clients[recipientID], isAuthorized(client),
            let resource = ControlResource(member.controlURI, lastSeen: client.address)
        else {
            distributions.groups[key.groupName]?.fail(key.name, isFinal: true, at: now)
            return
        }
        var keys = group.rekeyingMessage(
            staleSenderIDs: distribution.staleSenderIDs, newcomers: distribution.newcomers,
            now: endpoint.protection.now.seconds)
        defer { keys.wipe() }
        var message = Message(code: .post, options: resource.options, payload: keys.encoded())
        message.options.contentFormat = .aceGroupcomm
        let attempts = distribution.attempts(at: key.name)
        do throws(ClientRefusal) {
            let operation = try start(
                message, to: resource, behind: attempts, over: .client(recipientID), at: now, random: &random,
                wanted: &wanted)
            distributions.operations[operation] = Distributions.Operation(purpose: .keys(key))
            distributions.groups[key.groupName]?.begin(
                key.name, operation, at: now, places: resource.endpoints.count)
            counters.deliveries += 1
        } catch {
            distributions.groups[key.groupName]?.fail(key.name, isFinal: false, at: now)
        }
    }

    /// Tells somebody that it is evicted.
    private func sendEviction(
        _ number: UInt64, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        wanted: inout [EndpointEffect]
    ) {
        guard let notice = distributions.evictions[number] else { return }
        // It has waited for too long.
        guard notice.deadline > now else { return endNotice(number, .refused) }
        distributions.evictions.begin(number, at: now)
        var message = Message(code: .delete, options: notice.resource.options)
        if notice.mayReturn {
            // A node of gosc takes it for what a member hears that is none any more, and joins; to others it is a DELETE.
            message.options.append(.groupcommError, uint: GroupcommErrorID.membersOnly.rawValue)
        }
        do throws(ClientRefusal) {
            let operation = try start(
                message, to: notice.resource, behind: notice.attempts, over: notice.association,
                for: now.duration(to: notice.deadline), at: now, random: &random, wanted: &wanted)
            distributions.operations[operation] = Distributions.Operation(purpose: .eviction(number))
        } catch {
            endNotice(number, .failed)
        }
    }

    // GM-0331
    /// Sends a confirmable request to one of the places where a member may be.
    private func start(
        _ message: Message, to resource: ControlResource, behind attempts: DeliveryAttempts,
        over association: AssociationName,
        for limit: Duration? = nil, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        wanted: inout [EndpointEffect]
    ) throws(ClientRefusal) -> OperationID {
        var request = ClientRequest(
            message, to: resource.endpoints[attempts.count % resource.endpoints.count], peer: association.peer)
        let length = attempts.length(places: resource.endpoints.count, timeout: settings.deliveryTimeout)
        request.deadline = min(length, limit ?? length)
        return try endpoint.start(request, at: now, random: &random, effects: &wanted)
    }

    /// A member has answered. The answer is genuine.
    func noteAnswer(_ code: Code, to operation: OperationID) {
        guard let purpose = distributions.operations[operation]?.purpose else { return }
        let outcome: DeliveryOutcome
        switch (code.class, purpose) {
        case (2, .keys): outcome = code == .changed ? .confirmed : .failed
        case (2, .eviction): outcome = .confirmed
        case (4, _) where code != .tooManyRequests: outcome = .refused
        default: outcome = .failed
        }
        distributions.operations[operation]?.outcome = outcome
    }

    /// A request of the manager is over.
    func noteEnd(of id: OperationID, _ end: OperationEnd) {
        guard let operation = distributions.operations.removeValue(forKey: id) else { return }
        let outcome: DeliveryOutcome
        if case .failed(.unprotectable(.notStored)) = end {
            outcome = .starved
        } else {
            outcome = operation.outcome ?? .failed
        }
        switch operation.purpose {
        case .eviction(let number): endNotice(number, outcome)
        case .keys(let key):
            if case .confirmed = outcome, let version = distributions.groups[key.groupName]?.version {
                counters.confirmations += 1
                distributions.confirmations.append(Distributions.Confirmation(member: key, version: version))
            }
            distributions.groups[key.groupName]?.end(key.name, outcome)
        }
    }

    private func endNotice(_ number: UInt64, _ outcome: DeliveryOutcome) {
        guard
            let notice = distributions.evictions.end(number, outcome, timeout: settings.deliveryTimeout)
        else { return }
        release(notice)
    }

    /// After a failure of the store.
    static let pauseAfterFailure = Duration.seconds(1)

    /// What the manager asks of members is short, and an answer that it should wait does not outlast a distribution.
    static func requestClient(_ settings: ManagerSettings) -> RequestClient {
        var client = RequestClientSettings()
        client.operations = max(settings.deliveriesAtOnce, 1)
        client.maximumBackOff = settings.deliveryTimeout
        return RequestClient(settings: client)
    }

    // GM-0330
    /// A member that does not answer is sent no more than a tenth of what its link carries, as members do it among themselves.
    func setProbingRate() {
        guard let rate = state.groups.values.map(\.record.linkRate).min() else { return }
        endpoint.probe(at: Int(clamping: rate / 10))
    }
}
