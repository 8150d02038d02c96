import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import TestSupport
import Testing

@testable import MemberNode

/// What a manager tells of its group before the join, and what a node makes of it.
struct JoinTermsTests {
    private static let signature = GroupParameters(
        groupName: "lights", algorithm: -8, parameters: .ed25519, credentialFormat: .ccs)
    private static let agreement = GroupParameters(
        groupName: "lights", algorithm: -27, parameters: .x25519, credentialFormat: .ccs)
    private static let manager = GroupDHCredential(groupNames: ["lights"], credentialFormat: .ccs, credential: [1])

    @Test(.requirement("GM-0048", "GM-0052", "GM-0054")) func whatIsToldDecidesOnKeysFormatAndProof() throws {
        func read(_ signature: GroupParameters?, _ agreement: GroupParameters?, _ manager: GroupDHCredential? = nil)
            throws -> JoinTerms?
        { try JoinTerms.read(signature: signature, keyAgreement: agreement, dhCredential: manager) }
        let signed = JoinTerms(keyKind: .ed25519, credentialFormat: .ccs, proof: .signature)
        #expect(try read(Self.signature, nil) == signed)
        #expect(try read(Self.signature, Self.agreement) == signed)
        #expect(
            try read(nil, Self.agreement, Self.manager)
                == JoinTerms(keyKind: .x25519, credentialFormat: .ccs, proof: .mac(managerCredential: [1])))
        var ecdsa = Self.signature
        (ecdsa.algorithm, ecdsa.parameters, ecdsa.credentialFormat) = (-7, AlgorithmCapabilities(.p256), .cwt)
        #expect(
            try read(ecdsa, nil) == JoinTerms(keyKind: .p256, credentialFormat: .cwt, proof: .signature))
        // Not enough.
        #expect(try read(nil, nil) == nil)
        #expect(try read(nil, Self.agreement) == nil)
    }

    @Test func whatDoesNotGoTogetherIsNotJoined() throws {
        var cases: [(GroupParameters?, GroupParameters?, GroupDHCredential?)] = []
        func add(
            _ signature: GroupParameters?, _ agreement: GroupParameters? = nil, _ manager: GroupDHCredential? = nil
        ) { cases.append((signature, agreement, manager)) }
        func changed(_ value: GroupParameters, _ change: (inout GroupParameters) -> Void) -> GroupParameters {
            var value = value
            change(&value)
            return value
        }
        // RSA; a curve of another algorithm; Ed448.
        add(changed(Self.signature) { $0.algorithm = -37 })
        add(changed(Self.signature) { $0.parameters = AlgorithmCapabilities(.p256) })
        add(changed(Self.signature) { $0.parameters = AlgorithmCapabilities(algorithm: [1], key: [1, 7]) })
        add(Self.signature, changed(Self.agreement) { $0.parameters = AlgorithmCapabilities(.p256) })
        add(Self.signature, changed(Self.agreement) { $0.algorithm = -25 })
        add(Self.signature, changed(Self.agreement) { $0.credentialFormat = .cwt })
        add(nil, changed(Self.agreement) { $0.parameters = .ed25519 }, Self.manager)
        add(nil, changed(Self.agreement) { $0.credentialFormat = .cwt }, Self.manager)
        for (index, (signature, agreement, manager)) in cases.enumerated() {
            #expect(throws: JoinFailure.unsupportedGroup, "case \(index)") {
                try JoinTerms.read(signature: signature, keyAgreement: agreement, dhCredential: manager)
            }
        }
    }

    @Test(.requirement("GM-0100")) func whatIsToldOfAnotherGroupIsNotOfThisOne() throws {
        let answer = TokenUploadAnswer(nonce2: [1], serverRecipientID: [1], signInfo: [Self.signature])
        #expect(try JoinTerms.read(answer, group: "lights") == .usual)
        #expect(try JoinTerms.read(answer, group: "blinds") == nil)
        let information = JoinErrorInformation(signature: Self.signature, keyAgreement: nil, kdcChallenge: nil)
        #expect(try JoinTerms.read(information, group: "lights", after: nil) == .usual)
        #expect(try JoinTerms.read(information, group: "blinds", after: nil) == nil)
        // A manager that tells nothing.
        let nothing = JoinErrorInformation(signature: nil, keyAgreement: nil, kdcChallenge: nil)
        #expect(try JoinTerms.read(nothing, group: "lights", after: nil) == .usual)
        let known = JoinTerms(keyKind: .p521, credentialFormat: .ccs, proof: .signature)
        #expect(try JoinTerms.read(nothing, group: "lights", after: known) == known)
    }

    // MARK: In a join

    @Test func aGroupThatThisNodeHasNoAlgorithmsForIsNotAskedToBeJoined() throws {
        for (algorithm, key, format) in [(-37, [3], 14), (-8, [1, 7], 14), (-8, [1, 6], 33), (-8, [1, 6], 99)] {
            let bench = try Bench(seed: 311)
            bench.manager.alter = { request, response in
                guard request == "POST /authz-info" else { return }
                response.changeMap {
                    $0[45] = [
                        [
                            "lights", CBORValue(algorithm), .array(key.prefix(1).map { CBORValue($0) }),
                            .array(key.map { CBORValue($0) }), CBORValue(format),
                        ]
                    ]
                }
            }
            let unit = try bench.newUnit("lamp")
            bench.join(unit, bench.manager.invite("lamp", roles: .responder), for: .seconds(30))
            #expect(unit.joinFailures == [.unsupportedGroup], "\(algorithm) \(key) \(format)")
            #expect(!bench.manager.requests.contains("POST /ace-group/lights"))
            #expect(unit.store.state.identity == nil)
        }
    }

    /// The credential is durable before the first request that it is in, and stays however often the join is repeated.
    @Test(.requirement("GM-0071", "OSC-0069"), arguments: [false, true])
    func aJoinThatIsRepeatedHasTheSameCredential(isPairwiseOnly: Bool) throws {
        let bench = try Bench(seed: 312)
        if isPairwiseOnly { try bench.manager.becomePairwiseOnly() }
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        var isStored: [Bool] = []
        bench.manager.alter = { request, _ in
            if request == "POST /ace-group/lights" { isStored.append(unit.store.state.identity != nil) }
        }
        // It crashes as soon as it has a credential; then its join is answered, and the answer lost.
        bench.crashes = { _, changes in
            changes.writes.contains { if case .saveIdentity = $0 { true } else { false } }
        }
        bench.join(unit, invitation)
        #expect(!unit.isRunning && isStored.isEmpty)
        let made = try #require(unit.store.state.identity)
        #expect(made.keyKind == (isPairwiseOnly ? .x25519 : .ed25519))
        bench.delivers = { [manager = bench.manager] sent in
            !(sent.from == manager.address && manager.requests.last == "POST /ace-group/lights")
        }
        try bench.restart(unit, starts: false)
        bench.join(unit, invitation, for: .seconds(1))
        bench.delivers = { _ in true }
        try bench.restart(unit, starts: false)
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
        #expect(unit.store.state.identity == made)
        let joins = try #require(bench.manager.clients[invitation.clientSenderID]).joins
        #expect(joins.count >= 2 && joins.allSatisfy { $0.clientCredential == made.credential })
        #expect(!isStored.contains(false))
    }

    @Test func aCredentialThatIsNotDurableIsNotUsed() throws {
        let bench = try Bench(seed: 313)
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        bench.manager.alter = { request, _ in if request == "POST /authz-info" { unit.store.failsNext = true } }
        bench.join(unit, invitation)
        #expect(unit.joinFailures == [.storage])
        #expect(!bench.manager.requests.contains("POST /ace-group/lights"))
        bench.manager.alter = { _, _ in }
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
        let joins = try #require(bench.manager.clients[invitation.clientSenderID]).joins
        #expect(joins.map(\.clientCredential) == [unit.store.state.identity?.credential])
    }

    /// The answer to an upload is not protected: whoever changes it must not decide for ever what this node is.
    @Test func aKeyMadeForAForgedAnswerIsReplaced() throws {
        let bench = try Bench(seed: 314)
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        let refusal = bench.manager.problem(.badRequest, .incompatibleCredential)
        bench.manager.instead["POST /ace-group/lights"] = [refusal, refusal]
        bench.manager.alter = { request, response in
            guard request == "POST /authz-info" else { return }
            response.changeMap { $0[45] = [["lights", -7, [2], [2, 1], 14]] }
        }
        bench.join(unit, invitation)
        #expect(unit.joinFailures == [.refused(.badRequest, detail: nil)])
        #expect(unit.store.state.identity?.keyKind == .p256)
        bench.manager.alter = { _, _ in }
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
        #expect(unit.store.state.identity?.keyKind == .ed25519)
        // From now on it stays.
        try bench.restart(unit)
        #expect(unit.engine.snapshot.membership != nil)
    }

    @Test(.requirement("GM-0100", "GM-0101"), arguments: [false, true])
    func whatIsNotToldAtTheUploadIsAskedFor(isPairwiseOnly: Bool) throws {
        let bench = try Bench(seed: 315)
        if isPairwiseOnly { try bench.manager.becomePairwiseOnly() }
        bench.manager.tellsAtUpload = false
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
        #expect(unit.store.state.identity?.keyKind == (isPairwiseOnly ? .x25519 : .ed25519))
        let client = try #require(bench.manager.clients[invitation.clientSenderID])
        #expect(client.joins.count == 1)
        #expect(bench.manager.requests.count { $0 == "POST /ace-group/lights" } == 2)
    }

    @Test(.requirement("GM-0054")) func withoutTheManagersKeyNothingIsProved() throws {
        let bench = try Bench(seed: 316)
        try bench.manager.becomePairwiseOnly()
        bench.manager.tellsDHCredential = false
        let unit = try bench.newUnit("lamp")
        bench.join(unit, bench.manager.invite("lamp", roles: .responder), for: .seconds(30))
        #expect(unit.joinFailures == [.unsupportedGroup])
        // It has asked once.
        #expect(bench.manager.requests.count { $0 == "POST /ace-group/lights" } == 1)
        #expect(unit.store.state.identity == nil)
    }

    /// A MAC for whoever answers in the manager's place would prove to it what it is to prove to us.
    @Test(.requirement("GM-0133")) func noMACIsMadeForAnotherManager() throws {
        let bench = try Bench(seed: 317)
        try bench.manager.becomePairwiseOnly()
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        let other = try PrivateKey(.x25519, secret: [UInt8](repeating: 5, count: 32).span).publicKey
        let credential = AuthenticationCredential.ccs(subject: "manager-2", publicKey: other).bytes
        bench.manager.alter = { request, response in
            guard request == "POST /authz-info" else { return }
            response.changeMap { $0[48] = [["lights", 14, .bytes(credential)]] }
        }
        bench.join(unit, invitation)
        #expect(unit.joinFailures == [.wrongManager])
        #expect(!bench.manager.requests.contains("POST /ace-group/lights"))
        // The next attempt does not believe what the last was told.
        bench.manager.alter = { _, _ in }
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
    }

    @Test(.requirement("GM-0145", "GM-0146"), arguments: [0, 7, 8])
    func aManagersMACThatIsNotRightInstallsNothing(change: Int) throws {
        let bench = try Bench(seed: 318)
        try bench.manager.becomePairwiseOnly()
        let unit = try bench.newUnit("lamp")
        let invitation = bench.manager.invite("lamp", roles: .responder)
        bench.manager.alter = { request, response in
            guard request == "POST /ace-group/lights" else { return }
            response.changeMap { map in
                var evidence = map[19]?.byteString ?? []
                #expect(evidence.count == 8)
                if change < 8 { evidence[change] ^= 1 } else { evidence.append(0) }
                map[19] = .bytes(evidence)
            }
        }
        bench.join(unit, invitation)
        #expect(unit.joinFailures == [.managerProof])
        #expect(unit.store.state.membership == nil)
        bench.manager.alter = { _, _ in }
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
    }

    /// A signature where a MAC is due, and the other way round: the group that the answer describes is another one.
    @Test(.requirement("GM-0136")) func aJoinResponseOfAnotherModeInstallsNothing() throws {
        let bench = try Bench(seed: 319)
        let unit = try bench.newUnit("lamp")
        bench.manager.alter = { request, response in
            guard request == "POST /ace-group/lights" else { return }
            response.changeMap { map in
                var key = map[8]?.mapValue ?? CBORMap()
                for label in [9, 10, 11] as [Int64] { key[label] = nil }
                key[4] = 10
                key[12] = -27
                key[13] = [[1], [1, 4]]
                map[8] = .map(key)
            }
        }
        bench.join(unit, bench.manager.invite("lamp", roles: .responder))
        #expect(unit.joinFailures == [.managerProof])
        #expect(unit.store.state.membership == nil)
    }

    @Test(.requirement("GM-0298"), arguments: [false, true])
    func aNewCredentialOfTheManagerIsProvedByItsMAC(isRight: Bool) throws {
        let bench = try Bench(seed: 320)
        try bench.manager.becomePairwiseOnly()
        let unit = try bench.add("lamp", roles: .responder)
        let before = unit.store.state.membership?.managerCredential
        try bench.manager.renewCredential()
        bench.manager.alter = { request, response in
            guard request == "GET /ace-group/lights/kdc-cred", !isRight else { return }
            response.changeMap { $0[19] = .bytes([UInt8](repeating: 0, count: 8)) }
        }
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(5))
        #expect(unit.events.contains(.managerCredentialReplaced) == isRight)
        #expect(unit.events.contains(.managerRefused(.managerCredential, .managerProof)) == !isRight)
        let after = unit.store.state.membership?.managerCredential
        #expect(after == (isRight ? bench.manager.credential.bytes : before))
        guard isRight else { return }
        // Whoever joins again joins with the manager as it is now, though the upload told of the former.
        bench.manager.instead["GET /ace-group/lights/num"] = [bench.manager.problem(.forbidden, .membersOnly)]
        bench.run(for: .seconds(2 * 3_600))
        #expect(unit.left == [.unknownToManager])
        #expect(unit.joined.count == 2)
    }
}
