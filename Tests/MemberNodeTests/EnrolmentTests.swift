import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import MemberNode
import OSCORE
import TestSupport
import Testing

/// From an invitation to a membership: token, upload, join.
struct EnrolmentTests {
    private static let enrolment = ["POST /token", "POST /authz-info", "POST /ace-group/lights"]

    @Test(.requirement("GM-0020", "GM-0116")) func aTokenIsFetchedKeptUploadedAndUsed() throws {
        let bench = try Bench(seed: 1)
        let unit = try bench.newUnit("lamp")
        var tokenAtUpload = false
        bench.manager.alter = { request, _ in
            if request == "POST /authz-info" { tokenAtUpload = unit.store.state.token != nil }
        }
        bench.join(unit, bench.manager.invite("lamp", roles: [.requester, .responder]))
        #expect(unit.joined.map(\.memberName) == ["lamp"])
        #expect(bench.manager.requests == Self.enrolment)
        #expect(tokenAtUpload)
        let state = unit.store.state
        // The NODENAME is what the manager's URI says.
        #expect(state.membership?.memberName == "n-lamp")
        #expect(state.token?.expiry == Bench.wallClock.seconds + 86_400)
        // After a restart the same token is shown again; nothing else of the association was kept.
        bench.manager.requests = []
        try bench.restart(unit)
        bench.run(for: .seconds(5))
        #expect(
            bench.manager.requests == [
                "POST /authz-info", "FETCH /ace-group/lights/creds", "GET /ace-group/lights/nodes/n-lamp",
                "GET /ace-group/lights/active", "GET /ace-group/lights/policies",
            ])
    }

    /// The node crashes behind each of its commits in turn, and goes on from what is durable.
    @Test(.requirement("OSC-0069")) func aJoinSurvivesACrashBehindEveryCommit() throws {
        var commits = 0
        let whole = try Bench(seed: 2)
        whole.crashes = { _, _ in
            commits += 1
            return false
        }
        whole.join(try whole.newUnit("lamp"), whole.manager.invite("lamp", roles: .responder))
        #expect(commits >= 3)
        for last in 1...commits {
            let bench = try Bench(seed: 2)
            let unit = try bench.newUnit("lamp")
            let invitation = bench.manager.invite("lamp", roles: .responder)
            var count = 0
            bench.crashes = { _, _ in
                count += 1
                return count == last
            }
            bench.join(unit, invitation)
            #expect(!unit.isRunning)
            try bench.restart(unit, starts: false)
            if unit.store.state.membership == nil {
                bench.join(unit, invitation)
                #expect(unit.joined.count == 1, "behind commit \(last): \(unit.joinFailures)")
            }
            // However often it was asked for, there is one.
            #expect(unit.store.state.membership?.senderID == [1], "behind commit \(last)")
            let ledger = try tokenLedger(of: bench)
            #expect(ledger.count > 0)
            #expect(ledger.violations.isEmpty, "behind commit \(last)")
        }
    }

    /// An answer that never comes: the node is switched off meanwhile, and repeats its join with the same nonce.
    @Test(.requirement("GM-0071")) func aJoinWhoseAnswerIsLostIsRepeatedAsTheSame() throws {
        let bench = try Bench(seed: 3)
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        bench.delivers = { [manager = bench.manager] sent in
            !(sent.from == manager.address && manager.requests.last == "POST /ace-group/lights")
        }
        bench.join(unit, invitation)
        #expect(unit.joined.isEmpty)
        bench.delivers = { _ in true }
        try bench.restart(unit, starts: false)
        bench.join(unit, invitation)
        let joins = try #require(bench.manager.clients[invitation.clientSenderID]).joins
        #expect(unit.joined.map(\.senderID) == ["01"])
        #expect(Set(joins.map(\.clientNonce)).count == 1)
    }

    @Test(.requirement("GM-0071")) func everyJoinHasANonceOfItsOwn() throws {
        let manager = try ScriptedManager(seed: 4)
        var random = SeededGenerator(seed: 4)
        var nonces: Set<[UInt8]> = []
        for number in 0..<1_000 {
            let engine = try NodeEngine(state: NodeState())
            var effects: [NodeEffect] = []
            engine.join(
                manager.invite("lamp-\(number)", roles: .responder), wallClock: Bench.wallClock,
                at: MonotonicInstant(nanoseconds: 0), random: &random, effects: &effects)
            for case .commit(let changes) in effects {
                for case .saveAssociation(let record) in changes.writes {
                    #expect(record.clientNonce.count >= 8)
                    nonces.insert(record.clientNonce)
                }
            }
        }
        #expect(nonces.count == 1_000)
    }

    @Test(.requirement("GM-0066", "GM-0068", "GM-0139")) func aNewChallengeIsAnsweredOnce() throws {
        let bench = try Bench(seed: 5)
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        let client = try #require(bench.manager.clients[invitation.clientSenderID])
        let challenge: [UInt8] = [9, 9, 9, 9, 9, 9, 9, 9]
        let refusal = ResourceResponse(
            .badRequest, .aceGroupcomm,
            JoinErrorInformation(signature: nil, keyAgreement: nil, kdcChallenge: challenge).encoded())
        bench.manager.instead["POST /ace-group/lights"] = [refusal]
        bench.manager.alter = { request, response in
            if request == "POST /ace-group/lights", response.code == .badRequest { client.challenge = challenge }
        }
        bench.join(unit, invitation)
        // The second proof is over the new challenge, or the manager would not take it.
        #expect(unit.joined.count == 1)
        #expect(client.joins.count == 2)
        #expect(client.joins.allSatisfy { $0.clientEvidence?.count == 64 })
        // A manager that always has another one does not keep a node busy.
        let other = try bench.newUnit("other")
        let second = bench.manager.invite("other", roles: .responder)
        bench.manager.requests = []
        bench.manager.instead["POST /ace-group/lights"] = [refusal, refusal, refusal]
        bench.join(other, second)
        #expect(other.joinFailures == [.refused(.badRequest, detail: nil)])
        #expect(bench.manager.requests.count { $0 == "POST /ace-group/lights" } == 2)
    }

    @Test func aThousandMembersArriveInBlocks() throws {
        let bench = try Bench(seed: 6)
        for number in 0..<1_000 {
            let key = try Ed25519PrivateKey.generate(using: &bench.random)
            bench.manager.extraPeers.append(
                ACEGroupcomm.Peer(
                    credential: AuthenticationCredential.ccs(subject: "m-\(number)", publicKey: key.publicKey).bytes,
                    roles: .responder, senderID: [UInt8(0x10 + number >> 8), UInt8(number & 0xff)],
                    name: "m-\(number)"))
        }
        let unit = try bench.newUnit("switch")
        bench.join(unit, bench.manager.invite("switch", roles: .requester), for: .seconds(20))
        #expect(unit.joined.map(\.peers) == [1_000])
        #expect(unit.store.state.peers.count == 1_000)
    }

    /// One that cannot be used hides nobody, and keeps the node from nothing, now and after a start.
    @Test(.requirement("GM-0117")) func oddMembersDoNotHideTheOthers() throws {
        let bench = try Bench(seed: 9)
        func credential(_ kind: KeyKind) throws -> [UInt8] {
            let secret = bench.random.bytes(32)
            let key = try PrivateKey(kind, secret: secret.span)
            return AuthenticationCredential.ccs(subject: "peer", publicKey: key.publicKey).bytes
        }
        let good = try credential(.ed25519)
        func odd(_ first: UInt8) throws -> [ACEGroupcomm.Peer] {
            [
                Peer(credential: [0xa1, 0x02], roles: .responder, senderID: [first], name: "garbage"),
                Peer(credential: try credential(.p256), roles: .responder, senderID: [first + 1], name: "other-curve"),
                Peer(
                    credential: try credential(.ed25519), roles: .responder, senderID: Array(repeating: 9, count: 8),
                    name: "long"),
                Peer(credential: try credential(.ed25519), roles: .responder, senderID: [0x40], name: "second"),
            ]
        }
        bench.manager.extraPeers = [Peer(credential: good, roles: .responder, senderID: [0x40], name: "first")]
        bench.manager.extraPeers += try odd(0x50)
        let unit = try bench.newUnit("switch")
        bench.join(unit, bench.manager.invite("switch", roles: .requester))
        #expect(unit.joined.map(\.peers) == [1])
        #expect(unit.store.state.peers.map(\.name) == ["first"])
        // The same in a roster that is read later.
        bench.manager.extraPeers += try odd(0x60)
        bench.manager.extraPeers.append(
            Peer(credential: try credential(.ed25519), roles: .responder, senderID: [0x41], name: "late"))
        try bench.restart(unit)
        bench.run(for: .seconds(20))
        #expect(unit.store.state.peers.compactMap(\.name).sorted() == ["first", "late"])
        try bench.restart(unit)
        #expect(unit.engine.snapshot.peers.count == 2)
    }

    @Test(.requirement("GM-0012", "GM-0020", "GM-0022"))
    func aTokenResponseWithoutWhatItMustHaveIsNotUsed() throws {
        let lacks: [(String, (inout CBORMap) -> Void)] = [
            ("expires_in", { $0[2] = nil }), ("no lifetime", { $0[2] = .unsigned(0) }), ("token", { $0[1] = nil }),
            ("cnf", { $0[8] = nil }), ("ms", { $0[8] = .map(Self.material(without: 2)) }),
            ("id", { $0[8] = .map(Self.material(without: 0)) }), ("another profile", { $0[38] = .unsigned(1) }),
        ]
        for (name, change) in lacks {
            let bench = try Bench(seed: 7)
            let unit = try bench.newUnit("lamp")
            bench.manager.alter = { request, response in
                guard request == "POST /token" else { return }
                response.changeMap(change)
            }
            bench.join(unit, bench.manager.invite("lamp", roles: .responder))
            #expect(unit.joinFailures == [.malformedAnswer], "\(name)")
            #expect(bench.manager.requests == ["POST /token"], "\(name)")
            #expect(unit.store.state.token == nil, "\(name)")
        }
        // What is not known is ignored.
        let bench = try Bench(seed: 7)
        let unit = try bench.newUnit("lamp")
        bench.manager.alter = { request, response in
            if request == "POST /token" { response.changeMap { $0[4711] = .text("new") } }
        }
        bench.join(unit, bench.manager.invite("lamp", roles: .responder))
        #expect(unit.joined.count == 1)
    }

    @Test(.requirement("GM-0013")) func theScopeThatIsGrantedIsTheOneThatIsUsed() throws {
        let bench = try Bench(seed: 8)
        let unit = try bench.newUnit("lamp")
        bench.manager.alter = { request, response in
            guard request == "POST /token" else { return }
            let granted = AuthorizationScope(entries: [.user(ScopeEntry(groupName: "lights", roles: .responder))])
            response.changeMap { $0[9] = .bytes(granted.encoded()) }
        }
        let invitation = bench.manager.invite("lamp", roles: [.requester, .responder])
        bench.join(unit, invitation)
        #expect(unit.store.state.membership?.roles == .responder)
        #expect(bench.manager.clients[invitation.clientSenderID]?.joins.map(\.scopeEntry.roles) == [.responder])
        // Nothing of what was asked for: no upload.
        let other = try bench.newUnit("other")
        bench.manager.requests = []
        bench.join(other, bench.manager.invite("other", roles: .requester))
        guard case .refused(.created, _)? = other.joinFailures.last else {
            Issue.record("another failure: \(other.joinFailures)")
            return
        }
        #expect(bench.manager.requests == ["POST /token"])
    }

    @Test func aTokenForEverAndADayIsATokenForVeryLong() throws {
        let bench = try Bench(seed: 14)
        bench.manager.lifetime = .max
        let unit = try bench.newUnit("lamp")
        bench.join(unit, bench.manager.invite("lamp", roles: .responder))
        #expect(unit.joined.count == 1)
        #expect(try #require(unit.store.state.token?.expiry) <= UInt64(Int64.max))
    }

    @Test(.requirement("GM-0021")) func whatTheAuthorizationServerSaysIsTold() throws {
        let bench = try Bench(seed: 9)
        let unit = try bench.newUnit("lamp")
        bench.manager.instead["POST /token"] = [
            ResourceResponse(
                .badRequest, .ace, TokenErrorResponse(error: .invalidScope, description: "no such group").encoded())
        ]
        let invitation = bench.manager.invite("lamp", roles: .responder)
        bench.join(unit, invitation)
        #expect(unit.joinFailures == [.refused(.badRequest, detail: "no such group")])
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
    }

    @Test(.requirement("GM-0105", "GM-0106", "GM-0116", "GM-0121"))
    func aJoinResponseOfAnotherKindInstallsNothing() throws {
        let changes: [(String, (inout CBORMap) -> Void)] = [
            ("gkty", { $0[7] = .unsigned(2) }), ("no gkty", { $0[7] = nil }), ("profile 0", { $0[10] = .unsigned(0) }),
            ("profile 2", { $0[10] = .unsigned(2) }), ("kdc_cred", { $0[17] = nil }), ("kdc_nonce", { $0[18] = nil }),
            ("kdc_cred_verify", { $0[19] = nil }), ("rekeying", { $0[20] = .unsigned(1) }),
        ]
        for (name, change) in changes {
            let bench = try Bench(seed: 10)
            let unit = try bench.newUnit("lamp")
            bench.manager.alter = { request, response in
                if request == "POST /ace-group/lights" { response.changeMap(change) }
            }
            bench.join(unit, bench.manager.invite("lamp", roles: .responder))
            #expect(unit.joinFailures == [.malformedAnswer], "\(name)")
            #expect(unit.store.state.membership == nil, "\(name)")
        }
        let bench = try Bench(seed: 10)
        let unit = try bench.newUnit("lamp")
        bench.manager.alter = { request, response in
            if request == "POST /ace-group/lights" { response.changeMap { $0[20] = .unsigned(0) } }
        }
        bench.join(unit, bench.manager.invite("lamp", roles: .responder))
        #expect(unit.joined.count == 1)
    }

    @Test(.requirement("GM-0146")) func aManagerThatProvesNothingIsNotJoinedAndTheNextJoinIsAnother() throws {
        let bench = try Bench(seed: 11)
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        bench.manager.alter = { request, response in
            guard request == "POST /ace-group/lights" else { return }
            response.changeMap { map in
                var evidence = map[19]?.byteString ?? []
                evidence[0] ^= 1
                map[19] = .bytes(evidence)
            }
        }
        bench.join(unit, invitation)
        #expect(unit.joinFailures == [.managerProof])
        #expect(unit.store.state.membership == nil)
        bench.manager.alter = { _, _ in }
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
        let joins = try #require(bench.manager.clients[invitation.clientSenderID]).joins
        #expect(Set(joins.map(\.clientNonce)).count == 2)
    }

    @Test func aManagerThatChoosesTheIdentifierOfTheNodeIsRefused() throws {
        let bench = try Bench(seed: 13)
        let unit = try bench.newUnit("lamp")
        // Whatever the node has chosen: one of these is it.
        var own: [UInt8] = []
        bench.delivers = { sent in
            let bytes = sent.datagram.bytes
            if sent.from == unit.address, let index = Self.index(of: [0x18, 43, 0x41], in: bytes) {
                own = [bytes[index + 3]]
            }
            return true
        }
        bench.manager.alter = { request, response in
            if request == "POST /authz-info" { response.changeMap { $0[44] = .bytes(own) } }
        }
        bench.join(unit, bench.manager.invite("lamp", roles: .responder), for: .seconds(30))
        #expect(own.count == 1)
        #expect(unit.joinFailures == [.malformedAnswer])
        #expect(!bench.manager.requests.contains("POST /ace-group/lights"))
    }

    private static func index(of part: [UInt8], in bytes: [UInt8]) -> Int? {
        bytes.indices.first { bytes[$0...].starts(with: part) }
    }

    private static func material(without label: Int64) -> CBORMap {
        var material = CBORMap()
        material[0] = .bytes([1])
        material[2] = .bytes([UInt8](repeating: 7, count: 16))
        material[label] = nil
        var confirmation = CBORMap()
        confirmation[4] = .map(material)
        return confirmation
    }

    /// The requests to the authorization server, as an observer without keys sees them.
    private func tokenLedger(of bench: Bench) throws -> NonceLedger {
        var ledger = NonceLedger()
        for sent in bench.wire where sent.datagram.destination == bench.manager.address {
            let bytes = sent.datagram.bytes
            let (header, offset) = try DatagramCodec.decode(bytes.span)
            guard header.code == .post,
                let message = try? ProtectedMessage(bytes.span.extracting(droppingFirst: offset)),
                let context = message.option.kidContext, let kid = message.option.kid
            else { continue }
            var number: [UInt8] = []
            message.option.partialIV?.write(into: &number)
            ledger.note(
                NonceLedger.Use(
                    context: [UInt8](copying: context), sender: [UInt8](copying: kid), producer: [UInt8](copying: kid),
                    partialIV: number), content: [UInt8](copying: message.payload))
        }
        return ledger
    }
}
