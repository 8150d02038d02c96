// example: grouposcore-embedding-imports
import Bytes
import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE
// end
import Synchronization
import Testing

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

/// A disk, as far as an example needs one.
private final class Disk: Sendable {
    private let content: Mutex<StoredMembership>

    init(_ stored: StoredMembership) { content = Mutex(stored) }

    var stored: StoredMembership { content.withLock { $0 } }

    func write(_ stored: StoredMembership) { content.withLock { $0 = stored } }
}

struct GroupOSCOREEmbeddingExample {
    private let switchID: SenderID
    private let lampID: SenderID
    private let otherLampID: SenderID
    private let disks: [SenderID: Disk]
    private let request = Message(code: .put, payload: Array("on".utf8))
    private let handler: Member.Handler = { _ in Message(code: .changed) }

    init() throws {
        switchID = try #require(SenderID([0x01]))
        lampID = try #require(SenderID([0x02]))
        otherLampID = try #require(SenderID([0x03]))
        let keys = try Self.keys(0)
        var credentials: [SenderID: AuthenticationCredential] = [:]
        for senderID in [switchID, lampID, otherLampID] { credentials[senderID] = try Self.credential(senderID) }
        var disks: [SenderID: Disk] = [:]
        for (senderID, credential) in credentials {
            disks[senderID] = Disk(
                StoredMembership(
                    keys: keys, managerCredential: [UInt8](repeating: 9, count: 40), seed: Self.seed(senderID),
                    senderID: senderID, credential: credential, members: credentials.filter { $0.key != senderID }))
        }
        self.disks = disks
    }

    @Test func asksAGroup() async throws {
        let (switchDisk, lampDisk) = (try disk(switchID), try disk(lampID))
        let (lampID, request) = (lampID, request)
        // example: grouposcore-embedding-group-mode
        let light = try Member(switchDisk.stored, at: .zero) { switchDisk.write($0) }
        let lamp = try Member(lampDisk.stored, at: .zero) { lampDisk.write($0) }

        // To the multicast address of the group, under a Token that no other exchange of this client has.
        let token = Token(1)
        let sent = try await light.ask(request, of: .group, token: token, at: .zero)

        let answer = try await lamp.serve(sent.body, at: .zero) { request in
            request.message.payload == Array("on".utf8) ? Message(code: .changed) : Message(code: .badRequest)
        }
        guard let answer else { throw VerificationFailure.malformed }

        guard case .deliver(let received) = try await light.receive(answer.body, token: token, at: .zero) else {
            throw VerificationFailure.malformed
        }
        // When no more answers are waited for:
        await light.stopWaiting(for: token)
        // end
        #expect(received.response.message.code == .changed)
        #expect(received.response.sender == lampID)
        #expect(try ProtectedMessage(sent.body.span).option.isGroupMode)
        #expect(try ProtectedMessage(answer.body.span).option.isGroupMode)
        #expect(switchDisk.stored.reservedEnd == SequenceReservation.defaultBlockSize)
        #expect(lampDisk.stored.windows[switchID]?.highest == 0)
        guard case .unknownToken = try await light.receive(answer.body, token: token, at: .zero) else {
            Issue.record("a Token was not freed")
            return
        }
    }

    @Test func asksOneMember() async throws {
        let (light, lamp, other) = (try member(switchID), try member(lampID), try member(otherLampID))
        let (lampID, request, handler) = (lampID, request, handler)
        // example: grouposcore-embedding-pairwise-mode
        let sent = try await light.ask(request, of: .member(lampID), token: Token(2), at: .zero)
        let answer = try await lamp.serve(sent.body, at: .zero, handler)
        // end
        #expect(try !ProtectedMessage(sent.body.span).option.isGroupMode)
        let body = try #require(answer).body
        #expect(try !ProtectedMessage(body.span).option.isGroupMode)
        guard case .deliver(let received) = try await light.receive(body, token: Token(2), at: .zero) else {
            Issue.record("not delivered")
            return
        }
        #expect(received.response.sender == lampID)
        #expect(try await other.serve(sent.body, at: .zero, handler) == nil)
    }

    @Test func aRestartRepeatsNoNumberAndAcceptsNoReplay() async throws {
        let (switchDisk, lampDisk, request, handler) = (try disk(switchID), try disk(lampID), request, handler)
        let before = try await member(switchID).ask(request, of: .group, token: Token(1), at: .zero)
        #expect(try await member(lampID).serve(before.body, at: .zero, handler) != nil)
        // example: grouposcore-embedding-restart
        let light = try Member(switchDisk.stored, at: .zero) { switchDisk.write($0) }
        let lamp = try Member(lampDisk.stored, at: .zero) { lampDisk.write($0) }

        let replay = try await lamp.serve(before.body, at: .zero, handler)
        let after = try await light.ask(request, of: .group, token: Token(1), at: .zero)
        // end
        #expect(replay == nil)
        let partialIV = try ProtectedMessage(after.body.span).option.partialIV
        #expect(partialIV?.value == SequenceReservation.defaultBlockSize)
        #expect(try await lamp.serve(after.body, at: .zero, handler) != nil)
    }

    @Test func anInvalidWindowIsHealedByEcho() async throws {
        let light = try member(switchID)
        let lampDisk = try disk(lampID)
        let (request, handler) = (request, handler)
        var stored = lampDisk.stored
        stored.windows[switchID] = ReplayWindow.Snapshot(
            size: ReplayWindow.defaultSize, highest: nil, words: [0], isValid: false)
        let lamp = try Member(stored, at: .zero) { lampDisk.write($0) }
        // example: grouposcore-embedding-echo
        let first = try await light.ask(request, of: .group, token: Token(1), at: .seconds(1))
        let challenge = try await lamp.serve(first.body, at: .seconds(1), handler)
        guard let challenge,
            case .deliver(let received) = try await light.receive(challenge.body, token: Token(1), at: .seconds(1)),
            let followUp = EchoFollowUp(
                to: received.response, repeating: request, under: received.groupID, algorithms: Member.algorithms)
        else { throw VerificationFailure.malformed }

        // Only to the server that asked, and under a Token of its own.
        let second = try await light.ask(
            followUp.request, of: .member(followUp.server), token: Token(2), at: .seconds(2))
        let answer = try await lamp.serve(second.body, at: .seconds(2), handler)
        // end
        #expect(followUp.server == lampID)
        #expect(followUp.mode == .pairwise)
        let body = try #require(answer).body
        guard case .deliver(let last) = try await light.receive(body, token: Token(2), at: .seconds(2)) else {
            Issue.record("not delivered")
            return
        }
        #expect(last.response.message.code == .changed)
        #expect(try await lamp.serve(first.body, at: .seconds(3), handler) == nil)
        #expect(lampDisk.stored.windows[switchID]?.isValid == true)
    }

    @Test func aMemberIsAdded() async throws {
        let (light, lampDisk, switchID, handler) = (try member(switchID), try disk(lampID), switchID, handler)
        var stored = lampDisk.stored
        stored.members = [:]
        let lamp = try Member(stored, at: .zero) { lampDisk.write($0) }
        let credential = try Self.credential(switchID)
        let sent = try await light.ask(request, of: .group, token: Token(1), at: .zero)
        #expect(try await lamp.serve(sent.body, at: .zero, handler) == nil)
        // example: grouposcore-embedding-add
        try await lamp.add(switchID, credential: credential)
        let answer = try await lamp.serve(sent.body, at: .zero, handler)
        // end
        #expect(answer != nil)
        #expect(lampDisk.stored.members[switchID] == credential)
    }

    @Test func aSilentServerOnlyListens() async throws {
        let light = try member(switchID)
        let (keys, managerCredential) = (try disk(lampID).stored.keys, try disk(lampID).stored.managerCredential)
        let (switchID, switchCredential) = (switchID, try Self.credential(switchID))
        let sent = try await light.ask(request, of: .group, token: Token(1), at: .zero)
        // example: grouposcore-embedding-silent-server
        let monitor = try GroupContext(
            silentServerOf: keys.groupID, masterSecret: keys.masterSecret.span, masterSalt: keys.masterSalt,
            algorithms: Member.algorithms, managerCredential: managerCredential, keyGeneration: keys.keyGeneration)
        try monitor.addRecipient(switchID, credential: switchCredential)

        let received = sent.body
        let verdict = monitor.verifyRequest(try ProtectedMessage(received.span))
        // end
        guard case .verified(var verified) = verdict else {
            Issue.record("not verified")
            return
        }
        #expect(verified.message == request)
        #expect(throws: ProtectionError.noSenderContext) {
            try monitor.protectResponse(Message(code: .changed), to: &verified.binding)
        }
    }

    @Test func aRekeyingShutsOutWhoLeft() async throws {
        let (light, lamp, other) = (try member(switchID), try member(lampID), try member(otherLampID))
        let (newKeys, otherLampID) = (try Self.keys(1), otherLampID)
        let lampDisk = try disk(lampID)
        let early = try await light.ask(request, of: .group, token: Token(1), at: .zero)
        // example: grouposcore-embedding-rekeying
        try await light.rekey(newKeys, stale: [otherLampID], at: .seconds(10))
        try await lamp.rekey(newKeys, stale: [otherLampID], at: .seconds(10))
        // end
        let (request, handler) = (request, handler)
        #expect(try await lamp.serve(early.body, at: .seconds(11), handler) == nil)
        let sent = try await light.ask(request, of: .group, token: Token(2), at: .seconds(11))
        #expect(try ProtectedMessage(sent.body.span).option.partialIV == .zero)
        #expect(try await lamp.serve(sent.body, at: .seconds(11), handler) != nil)
        #expect(try await other.serve(sent.body, at: .seconds(11), handler) == nil)
        #expect(lampDisk.stored.keys.keyGeneration == 1)
        #expect(lampDisk.stored.members[otherLampID] == nil)
        // What was accepted under the new keys survives a restart.
        #expect(try await member(lampID).serve(sent.body, at: .zero, handler) == nil)
    }

    @Test func whoMissedARekeyingCatchesUp() async throws {
        let (light, lamp, newKeys, otherLampID) = (
            try member(switchID), try member(lampID), try Self.keys(2), otherLampID
        )
        try await light.rekey(Self.keys(1), stale: [], at: .zero)
        try await light.rekey(newKeys, stale: [otherLampID], at: .zero)
        await #expect(throws: InstallationFailure.missedRekeying(latest: 0, received: 2)) {
            try await lamp.rekey(newKeys, stale: [otherLampID], at: .zero)
        }
        // example: grouposcore-embedding-catching-up
        let step = try await lamp.missRekeying()
        // The Group Manager gives the current keys, and the Sender IDs that became stale since the last ones.
        try await lamp.catchUp(newKeys, stale: [otherLampID], at: .seconds(10))
        // end
        #expect(step == .fetchMaterial)
        let sent = try await light.ask(request, of: .group, token: Token(2), at: .seconds(11))
        #expect(try await lamp.serve(sent.body, at: .seconds(11), handler) != nil)
    }

    @Test func aFalseAlarmRepeatsNoNumberAndAcceptsNoReplay() async throws {
        let (light, lamp, lampDisk) = (try member(switchID), try member(lampID), try disk(lampID))
        let sent = try await light.ask(request, of: .group, token: Token(1), at: .zero)
        _ = try await lamp.serve(sent.body, at: .zero, handler)
        let used = try await lamp.ask(request, of: .group, token: Token(1), at: .zero)
        _ = try await lamp.missRekeying()
        try await lamp.catchUp(Self.keys(0), stale: [], at: .zero)
        let next = try await lamp.ask(request, of: .group, token: Token(2), at: .zero)
        #expect(try ProtectedMessage(used.body.span).option.partialIV == .zero)
        #expect(try ProtectedMessage(next.body.span).option.partialIV != .zero)
        #expect(lampDisk.stored.windows[switchID]?.isValid == false)
    }

    @Test func aLossOfStateEndsWithNewKeys() async throws {
        let (light, lamp, newKeys, handler) = (try member(switchID), try member(lampID), try Self.keys(1), handler)
        let sent = try await light.ask(request, of: .group, token: Token(1), at: .zero)
        // example: grouposcore-embedding-loss
        try await lamp.noteLossOfState()
        let refused = try await lamp.serve(sent.body, at: .zero, handler)
        try await lamp.rekey(newKeys, stale: [], at: .seconds(10))
        // end
        #expect(refused == nil)
        try await light.rekey(newKeys, stale: [], at: .seconds(10))
        let next = try await light.ask(request, of: .group, token: Token(2), at: .seconds(11))
        #expect(try await lamp.serve(next.body, at: .seconds(11), handler) != nil)
    }

    @Test func aRestartBringsNoKeysBackThatWereGivenUp() async throws {
        let light = try member(switchID)
        let sent = try await light.ask(request, of: .group, token: Token(1), at: .zero)
        try await member(lampID).noteLossOfState()
        let lamp = try member(lampID)
        #expect(try await lamp.serve(sent.body, at: .zero, handler) == nil)
        await #expect(throws: ProtectionError.noSenderContext) {
            try await lamp.ask(request, of: .group, token: Token(1), at: .zero)
        }
        let newKeys = try Self.keys(1)
        try await lamp.rekey(newKeys, stale: [], at: .zero)
        _ = try await lamp.missRekeying()
        let restarted = try member(lampID)
        try await light.rekey(newKeys, stale: [], at: .zero)
        let next = try await light.ask(request, of: .group, token: Token(2), at: .zero)
        #expect(try await restarted.serve(next.body, at: .zero, handler) == nil)
        try await restarted.catchUp(Self.keys(2), stale: [], at: .zero)
        try await light.rekey(Self.keys(2), stale: [], at: .zero)
        let last = try await light.ask(request, of: .group, token: Token(3), at: .zero)
        #expect(try await restarted.serve(last.body, at: .zero, handler) != nil)
    }

    private func disk(_ senderID: SenderID) throws -> Disk { try #require(disks[senderID]) }

    private func member(_ senderID: SenderID) throws -> Member {
        let disk = try disk(senderID)
        return try Member(disk.stored, at: .zero) { disk.write($0) }
    }

    private static func keys(_ generation: UInt8) throws -> GroupKeys {
        GroupKeys(
            keyGeneration: UInt64(generation), groupID: try #require(GroupID([0xab, generation])),
            masterSecret: [UInt8](repeating: generation + 1, count: 16), masterSalt: [])
    }

    private static func seed(_ senderID: SenderID) -> [UInt8] { [UInt8](repeating: senderID.bytes[0], count: 32) }

    private static func credential(_ senderID: SenderID) throws -> AuthenticationCredential {
        .ccs(subject: "node", publicKey: try Ed25519PrivateKey(seed: seed(senderID).span).publicKey)
    }
}
