import Bytes
import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE

// example: grouposcore-embedding-stored
/// What the Group Manager distributes with each rekeying.
struct GroupKeys: Sendable {
    let keyGeneration: UInt64
    let groupID: GroupID
    let masterSecret: [UInt8]
    let masterSalt: [UInt8]

    var material: GroupKeyingMaterial {
        GroupKeyingMaterial(
            keyGeneration: keyGeneration, groupID: groupID, masterSecret: masterSecret.span, masterSalt: masterSalt)
    }
}

/// What a member keeps of its group. One commit writes all of it.
struct StoredMembership: Sendable {
    var keys: GroupKeys
    let managerCredential: [UInt8]
    let seed: [UInt8]
    let senderID: SenderID
    let credential: AuthenticationCredential
    /// The other members.
    var members: [SenderID: AuthenticationCredential]
    /// Every Sender Sequence Number below it may have been used under these keys.
    var reservedEnd: UInt64 = 0
    /// What was accepted under these keys, for each member of whom anything was.
    var windows: [SenderID: ReplayWindow.Snapshot] = [:]
    /// Why these keys must not be used any more, until there are others.
    var stopped: Stop?

    enum Stop {
        case rekeyingMissed
        case stateLost
    }
}
// end

// example: grouposcore-embedding-member
/// One member of one group. An actor: contexts belong to one thread at a time.
actor Member {
    static let algorithms = GroupAlgorithms(
        aead: .aesCCM_16_64_128, groupEncryption: .aesCCM_16_64_128, signature: .edDSA,
        pairwiseKeyAgreement: .ecdhSSHKDF256)

    private var stored: StoredMembership
    private let group: GroupGenerations
    private let commit: @Sendable (StoredMembership) throws -> Void
    private var random = SecureRandom()
    /// Why messages were not accepted, and how often.
    private(set) var failures: [VerificationFailure: Int] = [:]
    /// Whether so much could not be decrypted that it is time to ask the Group Manager for its current keys.
    private(set) var isRekeyingLikely = false

    /// - Parameter commit: Returns once what it is given is durable.
    init(
        _ stored: StoredMembership, at now: Duration, commit: @escaping @Sendable (StoredMembership) throws -> Void
    ) throws {
        group = GroupGenerations(name: "lights", credentials: MemberCredentials(stored.members))
        try group.install(stored.keys.material, stale: [], now: now) { material throws(ContextError) in
            try Self.context(material, for: stored)
        }
        // The windows of a new context begin at 0: what an earlier run accepted is put back.
        for (senderID, snapshot) in stored.windows {
            guard let credential = stored.members[senderID] else { continue }
            try group.latest?.context.addRecipient(
                senderID, credential: credential, replayWindow: ReplayWindow(restoring: snapshot))
        }
        // A restart brings no keys back that were given up before.
        switch stored.stopped {
        case .rekeyingMissed: group.beginCatchUp()
        case .stateLost: group.noteLossOfState()
        case nil: break
        }
        self.stored = stored
        self.commit = commit
    }

    /// Derives the bare context: no other member in it, numbers from the stored end on.
    private static func context(
        _ material: borrowing GroupKeyingMaterial, for stored: StoredMembership
    ) throws(ContextError) -> GroupContext {
        let privateKey: PrivateKey
        do {
            privateKey = try PrivateKey(.ed25519, secret: stored.seed.span)
        } catch {
            throw .invalidKeyMaterial
        }
        return try GroupContext(
            groupID: material.groupID, masterSecret: material.masterSecret.bytes, masterSalt: material.masterSalt,
            algorithms: algorithms, managerCredential: stored.managerCredential,
            keyGeneration: material.keyGeneration, senderID: stored.senderID, credential: stored.credential,
            privateKey: privateKey, reservation: SequenceReservation(resumingAt: stored.reservedEnd))
    }

    /// The context that sends, with numbers that are durable.
    private func sendingContext() throws -> GroupContext {
        guard let context = group.latest?.context else { throw ProtectionError.noSenderContext }
        if let end = context.reservation?.wantedEnd {
            stored.reservedEnd = end
            try commit(stored)
            context.extendReservation(to: end)
        }
        return context
    }
}
// end

// example: grouposcore-embedding-client
extension Member {
    /// Protects a request: in group mode for the group, in pairwise mode for one member.
    func ask(
        _ request: Message, of audience: ClientExchange.Audience, token: Token, at now: Duration
    ) throws -> Message {
        let (sent, binding) = try sendingContext().protectRequest(request, for: audience)
        group.exchanges[token] = ClientExchange(
            binding, groupName: group.name, audience: audience, observes: false, openedAt: now)
        return sent
    }

    /// Takes a response: finds the exchange of its Token, verifies, and orders it among those of its server.
    func receive(_ received: [UInt8], token: Token, at now: Duration) throws -> ResponseDelivery {
        group.receiveResponse(try ProtectedMessage(received.span), token: token, now: now)
    }

    /// Frees a Token: what comes under it from now on is not even opened.
    func stopWaiting(for token: Token) {
        group.exchanges.end(token)
    }
}
// end

// example: grouposcore-embedding-server
extension Member {
    typealias Handler = @Sendable (GroupOSCORE.VerifiedRequest) -> Message

    /// Verifies a request and has it handled; `nil` if nothing is to be answered.
    func serve(_ received: [UInt8], at now: Duration, _ handler: Handler) throws -> Message? {
        let (verdict, _) = group.verifyRequest(try ProtectedMessage(received.span), now: now)
        return try answer(verdict, at: now, handler)
    }

    private func answer(
        _ verdict: GroupOSCORE.RequestVerdict, at now: Duration, _ handler: Handler
    ) throws -> Message? {
        switch verdict {
        case .verified(var request):
            // Durable before anything is done: after a crash the same bytes are a replay.
            stored.windows[request.sender] = group.latest?.context.replayWindow(of: request.sender)?.snapshot
            try commit(stored)
            let response = handler(request)
            let context = try sendingContext()
            // What only one is to read needs no signature.
            return request.binding.isGroupMode
                ? try context.protectResponse(response, to: &request.binding)
                : try context.protectPairwiseResponse(response, to: &request.binding)
        case .unproven(let request):
            return try prove(request, at: now, handler)
        case .replay:
            return nil
        case .rejected(let failure):
            failures[failure, default: 0] += 1
            if failure == .noContext || failure == .decryption {
                isRekeyingLikely = group.renewal.noteUndecryptable(now: now) || isRekeyingLikely
            }
            return nil
        }
    }

    /// Asks the client to show that its request is new; takes the request that shows it.
    private func prove(
        _ request: GroupOSCORE.UnprovenRequest, at now: Duration, _ handler: Handler
    ) throws -> Message? {
        let context = try sendingContext()
        switch group.freshness.judge(request, now: now, random: &random) {
        case .deliver:
            return try answer(context.accept(request), at: now, handler)
        case .challenge(let value):
            var binding = request.binding
            return try context.protectResponse(EchoChallengeResponse.message(value), to: &binding)
        case .discard:
            return nil
        }
    }
}
// end

// example: grouposcore-embedding-members
extension Member {
    /// Takes a member that the Group Manager vouches for.
    func add(_ senderID: SenderID, credential: AuthenticationCredential) throws {
        try group.latest?.context.addRecipient(senderID, credential: credential)
        group.credentials[senderID] = credential
        stored.members[senderID] = credential
        // Invalid if a member was forgotten before: then it has to be invalid after a restart, too.
        stored.windows[senderID] = group.latest?.context.replayWindow(of: senderID)?.snapshot
        try commit(stored)
    }
}
// end

// example: grouposcore-embedding-rekey
extension Member {
    /// Installs new keys. Who left does not get them, and everybody else forgets its Sender ID.
    func rekey(_ keys: GroupKeys, stale: Set<SenderID>, at now: Duration) throws {
        let next = membership(under: keys, without: stale)
        try group.install(keys.material, stale: stale, now: now) { material throws(ContextError) in
            try Self.context(material, for: next)
        }
        try commitInstalled(next)
    }

    private func membership(under keys: GroupKeys, without stale: Set<SenderID>) -> StoredMembership {
        var next = stored
        // Only the same keys again number on behind what was used.
        if keys.keyGeneration != stored.keys.keyGeneration { next.reservedEnd = 0 }
        next.keys = keys
        next.stopped = nil
        for senderID in stale { next.members[senderID] = nil }
        return next
    }

    // No number of the new context is reserved yet: nothing leaves under it before this is durable.
    private func commitInstalled(_ next: StoredMembership) throws {
        stored = next
        isRekeyingLikely = false
        stored.windows = [:]
        for senderID in next.members.keys {
            stored.windows[senderID] = group.latest?.context.replayWindow(of: senderID)?.snapshot
        }
        try commit(stored)
    }
}
// end

// example: grouposcore-embedding-catch-up
extension Member {
    /// Drops keys that are out of date; says what to ask the Group Manager for.
    func missRekeying() throws -> CatchUpStep? {
        group.beginCatchUp()
        stored.stopped = .rekeyingMissed
        try commit(stored)
        return group.catchUpStep
    }

    /// Installs the current keys, now that it is known who left since the last ones.
    func catchUp(_ keys: GroupKeys, stale: Set<SenderID>, at now: Duration) throws {
        let next = membership(under: keys, without: stale)
        group.continueCatchUp(with: keys.material)
        group.continueCatchUp(with: .exact(stale))
        try group.finishCatchUp(now: now) { material throws(ContextError) in
            try Self.context(material, for: next)
        }
        try commitInstalled(next)
    }

    /// Notes that numbers or windows were lost: nothing is sent or accepted until new keys are installed.
    func noteLossOfState() throws {
        group.noteLossOfState()
        stored.stopped = .stateLost
        try commit(stored)
    }
}
// end
