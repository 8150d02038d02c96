// example: grouposcore-embedding-imports
import Bytes
import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE
// end
import Testing

/// The member of `GroupOSCOREEmbeddingMember.swift` at work.
struct GroupOSCOREEmbeddingExample {
    private let switchID: SenderID
    private let lampID: SenderID
    private let otherLampID: SenderID
    private let disks: [SenderID: Disk<StoredMembership>]
    private let request = Message(code: .put, payload: Array("on".utf8))
    private let handler: Member.Handler = { _ in Message(code: .changed) }

    init() throws {
        switchID = try #require(SenderID([0x01]))
        lampID = try #require(SenderID([0x02]))
        otherLampID = try #require(SenderID([0x03]))
        let keys = try Self.keys(0)
        var credentials: [SenderID: AuthenticationCredential] = [:]
        for senderID in [switchID, lampID, otherLampID] { credentials[senderID] = try Self.credential(senderID) }
        var disks: [SenderID: Disk<StoredMembership>] = [:]
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

    private func disk(_ senderID: SenderID) throws -> Disk<StoredMembership> { try #require(disks[senderID]) }

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
