import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE

// What a member does that was not brought the newest keys (RFC 10021 §12.2): it fetches the current keys first, then who has
// left, then it installs them. The other way round somebody could leave in between, and would stay.
extension NodeEngine {
    /// Takes note of a Key Generation Number that the manager has told.
    func hear(
        of version: UInt64, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard let membership, version > membership.version else { return }
        renewal.highestVersion = max(renewal.highestVersion, version)
        guard !renewal.isBusy else { return }
        catchUp(to: version, at: now, random: &random, effects: &effects)
    }

    /// Begins to fetch newer keys.
    ///
    /// - Parameter isLost: Whether the present keys are of no use although none were missed.
    func catchUp(
        to version: UInt64, isLost: Bool = false, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard let membership, !renewal.isBusy else { return }
        effects.append(.event(.newKeys(version: version)))
        // The next ones are perhaps on their way to everybody, and others have none but the present ones.
        if isLost || version > membership.version + 1 { dropFormerKeys() }
        renewal.step = .fetchingKeys
        link?.dropKeyQuestions(at: now, random: &random)
        fetchKeys(at: now, random: &random, effects: &effects)
    }

    // GOSC-0314, GM-0259
    /// The present keys are gone from here on: nothing is sent or accepted.
    func dropFormerKeys() {
        guard let generations, generations.catchUpStep == nil else { return }
        // If it turns out that nothing was missed, they are in force again, and so are their windows.
        noteFormerWindows()
        generations.beginCatchUp()
    }

    /// Asks for the current keys, whatever comes of it.
    func fetchKeys(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        renewal.fetchesAt = nil
        ask(.keys, isUrgent: true, at: now, random: &random, effects: &effects)
    }

    func fetchKeysIfDue(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard membership != nil, let due = renewal.fetchesAt, due <= now else { return }
        fetchKeys(at: now, random: &random, effects: &effects)
    }

    /// Takes the current keys: newer ones are kept until it is known who has left.
    func takeKeys(
        _ answer: Message, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard let membership else { return }
        guard var told = try? KeyDistribution(decoding: answer.payload.span) else {
            keysNotFetched(.malformedAnswer, at: now, effects: &effects)
            effects.append(.event(.managerRefused(.keys, .malformedAnswer)))
            return
        }
        defer { told.key.wipe() }
        switch renewal.step {
        // Later than whatever is being told of the stale ones.
        case .saving, .fetchingStale: return
        case .none, .fetchingKeys: break
        }
        guard told.version > membership.version else {
            takePresentKeys(told, at: now, random: &random, effects: &effects)
            return
        }
        // GM-0258
        if !renewal.isBusy { effects.append(.event(.newKeys(version: told.version))) }
        if told.version > membership.version + 1 { dropFormerKeys() }
        renewal.highestVersion = max(renewal.highestVersion, told.version)
        do throws(RekeyingRefusal) {
            let keys = try fetchedKeys(of: told, in: membership, at: now)
            generations?.continueCatchUp(with: keys.record.material(groupID: keys.context.groupID))
            renewal.step = .fetchingStale(keys)
            ask(.staleSenderIDs, isUrgent: true, at: now, random: &random, effects: &effects)
        } catch {
            effects.append(.event(.rekeyingRefused(error)))
            keysNotFetched(.unsupportedGroup, at: now, effects: &effects)
        }
    }

    private func fetchedKeys(
        of told: KeyDistribution, in membership: MembershipRecord, at now: MonotonicInstant
    ) throws(RekeyingRefusal) -> NewKeys {
        var record = membership
        record.groupID = told.key.groupID
        record.version = told.version
        record.masterSecret = SecretField(copying: told.key.masterSecret.span)
        record.masterSalt = told.key.masterSalt
        record.algorithms = GroupAlgorithms(told.key)
        record.reservedEnd = 0
        if membership.roles != .monitor {
            // The one that the manager knows this member by, whatever it has missed of it.
            guard let senderID = told.key.senderID, !senderID.isEmpty, told.key.keyKind == identity?.keyKind else {
                throw .unusable
            }
            record.senderID = senderID
        }
        guard told.key.credentialFormat == membership.credentialFormat else { throw .unusable }
        return NewKeys(
            record: record, context: try derive(record), stale: .unknown, overlap: Self.overlap(told.overlap),
            origin: .caughtUp,
            expiration: expiry(expiration: told.expiration, expiresIn: told.expiresIn, at: now))
    }

    // GM-0217
    /// The manager has no newer keys than this member: nothing of them changes.
    private func takePresentKeys(
        _ told: KeyDistribution, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard let membership else { return }
        if renewal.isBusy { resumeFormerKeys() }
        renewal.highestVersion = membership.version
        guard told.version == membership.version, told.key.groupID == membership.groupID else {
            // GM-0274
            effects.append(.event(.rekeyingRefused(.notNewer)))
            if keysAreExpired(at: now) { scheduleFetch(at: now) }
            return
        }
        keysExpireAt = expiry(expiration: told.expiration, expiresIn: told.expiresIn, at: now)
        scheduleExpiry(at: now)
        takeOwnSenderID(told.key.senderID, at: now, random: &random, effects: &effects)
        releaseEarly(at: now, random: &random, effects: &effects)
        if keysAreExpired(at: now) { failQueuedRequests(.keysUnavailable, effects: &effects) }
        sendQueuedRequests(at: now, random: &random, effects: &effects)
    }

    /// Nothing was missed: the present keys are in force again, behind every number that they may have been used with.
    private func resumeFormerKeys() {
        renewal.step = .none
        guard let membership, let former = generations, former.catchUpStep != nil else { return }
        let credentials = former.credentials
        peers = peers.filter { credentials[$0.key] != nil }
        do {
            let resumed = try generations(of: membership)
            for senderID in credentials.senderIDs {
                guard let credential = credentials[senderID] else { continue }
                let known = MemberIdentity(groupID: membership.groupID, senderID: senderID.bytes)
                try resumed.latest?.context.addRecipient(
                    senderID, credential: credential, replayWindow: formerWindows[known])
            }
            resumed.credentials = credentials
            resumed.renewal = former.renewal
            generations = resumed
        } catch {
            generations = nil
        }
        isReservingGroup = false
        reserve()
    }

    // GOSC-0316, GOSC-0317
    /// Takes who is nobody any more; then the keys can be used that were fetched.
    func takeStaleSenderIDs(
        _ answer: Message, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard case .fetchingStale(var keys) = renewal.step else { return }
        let told: Set<[UInt8]>?
        do throws(GroupcommError) {
            told = try StaleSenderIDs.decodeAnswer(answer.payload.span)
        } catch {
            keysNotFetched(.malformedAnswer, at: now, effects: &effects)
            effects.append(.event(.managerRefused(.staleSenderIDs, .malformedAnswer)))
            return
        }
        // It was stale under some Gid, and perhaps under this one: only the manager knows.
        if let told, told.contains(keys.record.senderID), renewal.doubtedSenderID != keys.record.senderID {
            renewal.doubtedSenderID = keys.record.senderID
            dropFormerKeys()
            restartCatchUp()
            fetchKeys(at: now, random: &random, effects: &effects)
            return
        }
        // GM-0257: without a payload everybody may be gone.
        keys.stale = told.map { .exact(Set($0.compactMap(SenderID.init))) } ?? .unknown
        if told == nil {
            dropFormerKeys()
            generations?.continueCatchUp(with: keys.record.material(groupID: keys.context.groupID))
        }
        generations?.continueCatchUp(with: keys.stale)
        save(keys)
    }

    // GM-0262
    /// Nothing is installed, and it is tried again.
    func keysNotFetched(_ failure: JoinFailure, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        switch renewal.step {
        case .none:
            if case .confirming = senderIDRenewal {
                renewalFailed(failure, at: now, effects: &effects)
                effects.append(.event(.managerRefused(.renewSenderID, failure)))
            }
            // Who expires is asked again; who only wanted to know is not.
            guard keysAreExpired(at: now) else { return }
        case .saving where failure != .storage: return
        case .fetchingKeys, .fetchingStale, .saving:
            // From the beginning: meanwhile there may be newer ones.
            restartCatchUp()
        }
        if group == nil || keysAreExpired(at: now) { failQueuedRequests(.keysUnavailable, effects: &effects) }
        scheduleFetch(at: now)
    }

    /// The steps begin anew; what was fetched is forgotten.
    private func restartCatchUp() {
        renewal.step = .fetchingKeys
        generations?.restartCatchUp()
    }

    private func scheduleFetch(at now: MonotonicInstant) {
        renewal.fetchesAt = now.advanced(by: configuration.maximumRosterInterval)
    }

    // GM-0225
    /// Counts a message that none of this member's keys opens. Anybody can send those, so it is asked rarely.
    func noteUndecryptable(_ failure: VerificationFailure, at now: MonotonicInstant) {
        guard let generations, !renewal.isBusy else { return }
        let isReason =
            switch failure {
            case .noContext: generations.renewal.noteUnknownGroupID(now: now.sinceZero)
            case .decryption, .signature: generations.renewal.noteUndecryptable(now: now.sinceZero)
            default: false
            }
        if isReason { renewal.wantsVersion = true }
    }

    /// Draws when to ask whether there are newer keys, if something has said so: the whole group has heard it.
    func scheduleVersionQuestion(at now: MonotonicInstant, random: inout some RandomNumberGenerator) {
        guard renewal.wantsVersion, renewal.asksVersionAt == nil else { return }
        renewal.wantsVersion = false
        renewal.asksVersionAt = now.advanced(by: Leisure(window: leisureWindow).draw(using: &random))
    }

    /// Asks whether there are newer keys, when it is time.
    func askForVersion(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let moment = renewal.asksVersionAt, moment <= now else { return }
        renewal.asksVersionAt = nil
        guard membership != nil, !renewal.isBusy else { return }
        ask(.version, at: now, random: &random, effects: &effects)
    }
}

extension GroupAlgorithms {
    /// What the manager distributes.
    init(_ key: GroupKeyMap) {
        self.init(
            aead: key.pairwiseMode?.aead, groupEncryption: key.groupMode?.encryption,
            signature: key.groupMode?.signature, pairwiseKeyAgreement: key.pairwiseMode?.keyAgreement, hkdf: key.hkdf)
    }
}
