import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// The context that sends; `nil` while there are no keys to be used.
    var group: GroupContext? { generations?.latest?.context }

    /// Begins with the keys of a membership; nobody else is a member yet.
    func generations(of record: MembershipRecord) throws(NodeStateError) -> GroupGenerations {
        let generations = GroupGenerations(name: record.groupName)
        let context = try groupContext(record)
        do {
            try generations.install(record.material(groupID: context.groupID), stale: [], now: .zero) { _ in context }
        } catch {
            throw .membership
        }
        return generations
    }

    /// What a rekeying message makes of a membership (draft-ietf-ace-key-groupcomm-oscore §11.1).
    func newKeys(
        of message: RekeyingMessage, in membership: MembershipRecord, at now: MonotonicInstant,
        effects: inout [NodeEffect]
    ) throws(RekeyingRefusal) -> NewKeys {
        var record = membership
        record.groupID = message.groupID
        record.version = message.version
        record.masterSecret = SecretField(copying: message.masterSecret.span)
        // GM-0309
        record.masterSalt = message.masterSalt
        record.reservedEnd = 0
        let stale = Set(message.staleSenderIDs.compactMap(SenderID.init))
        let known = Set(peers.keys).subtracting(stale)
        let newcomers = usable(message.newcomers ?? [], in: record, known: known, effects: &effects)
        return NewKeys(
            record: record, context: try derive(record), stale: .exact(stale), newcomers: newcomers,
            overlap: Self.overlap(message.overlap), origin: .told,
            expiration: expiry(expiration: message.expiration, expiresIn: message.expiresIn, at: now))
    }

    /// Derives the context of keys that are not stored yet, nobody else in it.
    func derive(_ record: MembershipRecord) throws(RekeyingRefusal) -> GroupContext {
        // Requests under both would look alike.
        guard record.groupID != membership?.groupID else { throw .groupIDNotNew }
        do {
            return try groupContext(record)
        } catch {
            throw .unusable
        }
    }

    // GM-0224
    /// How long the former keys go on receiving. A manager that does not tell may have evicted somebody, and none of the stale
    /// Sender IDs need be of it: a monitor has none.
    ///
    /// - Parameter told: In seconds.
    static func overlap(_ told: UInt64?) -> Duration {
        .seconds(Int64(clamping: min(told ?? 0, longestOverlap)))
    }

    /// Makes new keys durable with one commit. Until then no message begins (GOSC-0105).
    func save(_ keys: NewKeys) {
        renewal.step = .saving(keys)
        let stale: StalePeers =
            switch keys.stale {
            case .exact(let senderIDs): .exactly(senderIDs.map(\.bytes))
            case .unknown: .all
            }
        draft.writes.append(.renewKeys(keys.record, stale: stale, newcomers: keys.newcomers))
        draft.continuations.append(.keysSaved)
    }

    /// New keys are durable: from here on there are no others.
    func useNewKeys(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard case .saving(var keys) = renewal.step, let former = membership else { return }
        renewal.step = .none
        renewal.hasToldStorage = false
        renewal.doubtedSenderID = nil
        // What has changed since they were asked for, as in the store.
        let isBoundAnew = keys.record.managerCredential != former.managerCredential
        keys.record.isLeaving = former.isLeaving
        keys.record.managerCredential = former.managerCredential
        let record = keys.record
        membership = record
        // GM-0368: the manager knows this member.
        hasRejoined = false
        keysExpireAt = keys.expiration
        scheduleExpiry(at: now)
        do {
            if isBoundAnew { keys.context = try groupContext(record) }
            try install(keys, at: now)
        } catch {
            // Stored and of no use: it would be so after a restart, too.
            generations = nil
            effects.append(.event(.rekeyingRefused(.unusable)))
            for call in keys.calls { answer(call, .storageFailed, at: now, random: &random, effects: &effects) }
            leaveBehindKeys(at: now, random: &random, effects: &effects)
            return
        }
        isReservingGroup = false
        // Everything that was asked or given under the former Gid is of the past.
        if senderIDRenewal != .asked { senderIDRenewal = .none }
        unsavedSenderID = nil
        formerIdentities = []
        formerWindows = [:]
        reserve()
        effects.append(
            .event(.keysInstalled(version: record.version, groupID: Hex.encode(record.groupID), keys.origin)))
        for call in keys.calls { answer(call, ResourceResponse(.changed), at: now, random: &random, effects: &effects) }
        noteNewGroupID(stale: keys.stale, newcomers: keys.newcomers)
        // Who is a member under these keys is asked before anybody is said to be the last that is missing.
        rosterReadAt = nil
        releaseEarly(at: now, random: &random, effects: &effects)
        if renewal.leavesBehind != nil {
            leaveBehindKeys(at: now, random: &random, effects: &effects)
        } else if renewal.highestVersion > record.version {
            // The manager has gone on meanwhile.
            catchUp(to: renewal.highestVersion, at: now, random: &random, effects: &effects)
        } else if keys.origin == .caughtUp {
            readRoster(at: now, random: &random, effects: &effects)
        }
    }

    private func install(_ keys: NewKeys, at now: MonotonicInstant) throws {
        guard let generations else { throw NodeStateError.membership }
        if generations.catchUpStep == nil {
            var stale: Set<SenderID> = []
            if case .exact(let senderIDs) = keys.stale { stale = senderIDs }
            try generations.install(
                keys.record.material(groupID: keys.context.groupID), stale: stale, retention: keys.overlap,
                now: now.sinceZero
            ) { _ in keys.context }
        } else {
            try generations.finishCatchUp(now: now.sinceZero) { _ in keys.context }
        }
        peers = peers.filter { generations.credentials[$0.key] != nil }
        try learn(keys.newcomers)
    }

    /// New keys could not be made durable.
    func keysNotSaved(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard case .saving(let keys) = renewal.step else { return }
        for call in keys.calls { answer(call, .storageFailed, at: now, random: &random, effects: &effects) }
        // A manager tries again and again, and says nothing new each time.
        if !renewal.hasToldStorage { effects.append(.event(.rekeyingRefused(.storage))) }
        renewal.hasToldStorage = true
        if keys.endFormerOnes { dropFormerKeys() }
        switch keys.origin {
        case .told where !keys.endFormerOnes:
            renewal.step = .none
            // What was asked about it has been dropped, or its answer was.
            if case .confirming = senderIDRenewal {
                ask(.keys, isUrgent: true, at: now, random: &random, effects: &effects)
            }
        case .told, .caughtUp: keysNotFetched(.storage, at: now, effects: &effects)
        }
        // With the keys that are in force, if there are any.
        releaseEarly(at: now, random: &random, effects: &effects)
        sendQueuedRequests(at: now, random: &random, effects: &effects)
        leaveBehindKeys(at: now, random: &random, effects: &effects)
    }

    /// Ends the membership, if that has waited to know which keys are stored.
    private func leaveBehindKeys(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let reason = renewal.leavesBehind else { return }
        renewal.leavesBehind = nil
        leaveGroup(reason, at: now, random: &random, effects: &effects)
    }

    // GOSC-0342
    /// When the former keys stop to receive.
    var formerKeysEnd: MonotonicInstant? { generations?.retainedUntil.map(MonotonicInstant.init(sinceZero:)) }

    func forgetFormerKeys(at now: MonotonicInstant) {
        generations?.forgetExpired(at: now.sinceZero)
    }

    /// In seconds: what a manager says, within reason.
    private static let longestOverlap: UInt64 = 300
}

extension MembershipRecord {
    /// The keys as a group context takes them.
    func material(groupID: GroupID) -> GroupKeyingMaterial {
        GroupKeyingMaterial(
            keyGeneration: version, groupID: groupID, masterSecret: masterSecret.bytes, masterSalt: masterSalt)
    }
}

extension MonotonicInstant {
    /// Since the clock's own zero, as the generations of a group count.
    var sinceZero: Duration { .nanoseconds(nanoseconds) }

    init(sinceZero duration: Duration) {
        self = MonotonicInstant(nanoseconds: 0).advanced(by: duration)
    }
}
