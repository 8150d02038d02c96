import Bytes
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import COSE
@testable import GroupOSCORE

/// What a Security Context holds, and what of it changes.
struct ContextContentTests {
    private let bench = AlgorithmBench(algorithms: .suiteA, keyKind: .ed25519)

    @Test(.requirement("GOSC-0005"), arguments: GroupKeyTests.suites)
    func theCommonContextHoldsWhatTheModesOfTheGroupNeed(id: String) throws {
        let suite = try GroupVectors.suite(id)
        let context = try GroupContext.vectors(id, member: "25")
        #expect(context.credentialFormat == .ccs)
        #expect(Hex.encode(context.common.managerCredential) == GroupVectors.shared.group.gmCred)
        let algorithms = context.algorithms
        #expect(algorithms.aead?.rawValue == suite.aeadAlgorithm?.value)
        #expect(algorithms.groupEncryption?.rawValue == suite.groupEncryptionAlgorithm?.value)
        #expect(algorithms.signature?.rawValue == suite.signatureAlgorithm)
        #expect(algorithms.pairwiseKeyAgreement?.rawValue == suite.pairwiseKeyAgreementAlgorithm)
        let key = hex(context.common.signatureEncryptionKey)
        #expect(key == (algorithms.hasGroupMode ? suite.keys.signatureEncryptionKey : ""))
    }

    @Test(.requirement("GOSC-0006"))
    func theSenderContextHoldsAPairwiseSenderKeyForEachPeer() throws {
        let context = try GroupContext.suiteA(member: "25")
        let sender = try #require(context.sender)
        #expect(sender.privateKey.publicKey == sender.credential.publicKey)
        #expect(Hex.encode(sender.credential.bytes) == (try GroupVectors.shared.member("25").authCred))
        let peers = try ["52", "77"].map { try #require(SenderID(bytes($0))) }
        for peer in peers {
            #expect(context.recipients[peer]?.hasPairwiseKeys == false)
            _ = try context.protectRequest(.on, to: peer)
            #expect(context.recipients[peer]?.hasPairwiseKeys == true)
        }
        let keys = try peers.map { hex(try context.pairwiseSecrets(with: $0).senderKey) }
        #expect(keys[0] != keys[1])
    }

    @Test(.requirement("GOSC-0008"))
    func everyPeerHasARecipientContextOfItsOwn() throws {
        let peers: [UInt8] = [1, 2, 3]
        let server = try bench.member(AlgorithmBench.server, knowing: peers)
        var highest: [UInt64?] = [nil, nil, nil]
        for (index, peer) in peers.enumerated() {
            let client = try bench.member(peer, knowing: [AlgorithmBench.server])
            for _ in 0...index { _ = try server.received(client.protectRequest(.on).0) }
            highest[index] = UInt64(index)
            #expect(peers.map { server.replayWindow(of: TestGroup.senderID($0))?.highest?.value } == highest)
        }
        let keys = peers.map { server.recipients[TestGroup.senderID($0)].map { hex($0.recipientKey) } }
        #expect(Set(keys).count == 3)
        for peer in peers {
            let (own, kept) = (try bench.credential(of: peer), server.credential(of: TestGroup.senderID(peer)))
            #expect(kept == own)
        }
    }

    @Test(.requirement("GOSC-0009"))
    func onlyNumbersAndWindowsVary() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let before = try (fixed(client), fixed(server))
        let clientID = try client.ownID
        for number in 0..<100 {
            let (request, binding) =
                try number % 2 == 0 ? client.protectRequest(.on) : client.protectRequest(.on, to: server.ownID)
            var served = try server.received(request).binding
            let response =
                try number % 3 == 0
                ? server.protectResponse(.done, to: &served, usesOwnPartialIV: true)
                : server.protectPairwiseResponse(.done, to: &served, usesOwnPartialIV: true)
            _ = try client.answered(response, to: binding)
        }
        let after = try (fixed(client), fixed(server))
        #expect(before == after)
        #expect(client.reservation?.next == 100)
        #expect(server.reservation?.next == 100)
        #expect(server.replayWindow(of: clientID)?.highest?.value == 99)
    }

    @Test(.requirement("GOSC-0014"))
    func aGidIsItsBytesAndNothingElse() throws {
        let groupID = try #require(GroupID([0xdd, 0x11]))
        for (other, isSame) in [
            ([0xdd, 0x11], true), ([0xdd, 0x11, 0x00], false), ([0x00, 0xdd, 0x11], false), ([0xdd], false),
            ([0xdd, 0x12], false), ([], false),
        ] as [([UInt8], Bool)] {
            let isMatch = groupID.matches(other.span)
            #expect(isMatch == isSame)
            #expect((GroupID(other) == groupID) == isSame)
        }
        let request = try GroupContext.suiteA(member: "25").protectRequest(.on).0
        let server = try GroupContext.suiteA(member: "52")
        let longer: [UInt8] = [0xdd, 0x11, 0x00]
        var option: [UInt8] = []
        OSCOREOption.write(
            isGroupMode: true, partialIV: .zero, kidContext: longer.span, kid: SenderID([0x25]), into: &option)
        var renamed = request
        renamed.options.oscore = option
        #expect(try server.judged(renamed) == "noContext")
        #expect(try server.judged(request) == "verified")
    }

    /// Both spell the same letter; as bytes they have nothing in common.
    @Test(.requirement("GOSC-0334"))
    func identifiersAreNeverText() throws {
        let composed = try #require(SenderID([0xc3, 0xa9]))
        let decomposed = try #require(SenderID([0x65, 0xcc, 0x81]))
        let client = try bench.member(AlgorithmBench.client, knowing: [AlgorithmBench.server])
        let server = try bench.member(AlgorithmBench.server, knowing: [])
        for id in [composed, decomposed] {
            try server.addRecipient(id, credential: bench.credential(of: AlgorithmBench.client))
        }
        try client.renewSender(
            senderID: composed, privateKey: bench.key(of: AlgorithmBench.client), reservation: numbers(from: 9))
        #expect(try server.received(client.protectRequest(.on).0).sender == composed)
        #expect(server.replayWindow(of: composed)?.highest?.value == 9)
        #expect(server.replayWindow(of: decomposed)?.highest == nil)
        #expect(GroupID(composed.bytes) != GroupID(decomposed.bytes))
        // Not even valid as text.
        try client.renewSender(
            senderID: try #require(SenderID([0xff, 0xfe])), privateKey: bench.key(of: AlgorithmBench.client),
            reservation: numbers())
        #expect(try client.protectRequest(.on).0.fields.kid == "fffe")
    }

    @Test(.requirement("GOSC-0019"))
    func allCredentialsOfAGroupHaveOneFormat() throws {
        let ccs = try bench.credential(of: 9)
        // The same claims set in a COSE_Sign1, which nobody here checks the signature of.
        let token: [UInt8] = [0x84, 0x40, 0xa0, 0x58, UInt8(ccs.bytes.count)] + ccs.bytes + [0x41, 0x00]
        let other = try AuthenticationCredential(parsing: token.span, format: .cwt)
        let id = TestGroup.senderID(9)
        let member = try bench.member(AlgorithmBench.client, knowing: [])
        #expect(throws: ContextError.invalidCredential(.format(.cwt, .ccs))) {
            try member.addRecipient(id, credential: other)
        }
        #expect(member.credential(of: id) == nil)
        // A silent server has no credential of its own: the first that it is given decides.
        let silent = try GroupContext(
            silentServerOf: member.groupID, masterSecret: [UInt8](1...16).span, masterSalt: [],
            algorithms: .suiteA, managerCredential: [1])
        #expect(silent.credentialFormat == nil)
        try silent.addRecipient(id, credential: other)
        #expect(throws: ContextError.invalidCredential(.format(.ccs, .cwt))) {
            try silent.addRecipient(id, credential: ccs)
        }
        #expect(silent.credentialFormat == .cwt)
    }

    /// Nothing else says in such a group what a key is for.
    @Test(.requirement("GOSC-0054"))
    func inAGroupWithoutSignaturesAllKeysAgreeWithEachOther() throws {
        var agreeing = bench
        agreeing.keyKind = .x25519
        agreeing.algorithms.groupEncryption = nil
        agreeing.algorithms.signature = nil
        let member = try agreeing.member(1, knowing: [])
        let id = TestGroup.senderID(2)
        var other = agreeing
        other.keyKind = .p256
        let strange = try other.credential(of: 2)
        #expect(throws: ContextError.invalidCredential(.keyAgreement(.p256, .x25519))) {
            try member.addRecipient(id, credential: strange)
        }
        other.keyKind = .ed25519
        try member.addRecipient(id, credential: try other.credential(of: 2))
    }

    @Test(.requirement("GOSC-0246"))
    func whereBothModesAreUsedAKeyCanSignAndAgree() throws {
        var agreeingOnly = bench
        agreeingOnly.keyKind = .x25519
        let reason = ContextError.invalidCredential(.signature(.x25519, .edDSA))
        #expect(throws: reason) { try agreeingOnly.member(1, knowing: []) }
        let member = try bench.member(1, knowing: [])
        let id = TestGroup.senderID(2)
        let credential = try agreeingOnly.credential(of: 2)
        #expect(throws: reason) { try member.addRecipient(id, credential: credential) }
        // RSA and symmetric keys are no credentials of any group.
        for claims in ["a108a101a301032041052141 03", "a108a101a2010420 4100"] {
            let encoded = bytes(claims.replacing(" ", with: ""))
            #expect(!encoded.isEmpty)
            #expect(throws: CredentialError.self) {
                try AuthenticationCredential(parsing: encoded.span, format: .ccs)
            }
        }
    }

    @Test(.requirement("GOSC-0135"))
    func theLongestGidAndLongCredentialsFit() throws {
        var bench = bench
        bench.groupID = [UInt8](repeating: 0xdd, count: GroupID.maximumCount)
        bench.padding = 2048
        #expect(bench.groupID.count >= 240)
        let client = try bench.member(AlgorithmBench.client, knowing: [AlgorithmBench.server])
        let server = try bench.member(AlgorithmBench.server, knowing: [AlgorithmBench.client])
        for isGroupMode in [true, false] {
            let (request, binding) =
                try isGroupMode ? client.protectRequest(.on) : client.protectRequest(.on, to: server.ownID)
            var served = try server.received(request).binding
            let response =
                try isGroupMode
                ? server.protectResponse(.done, to: &served) : server.protectPairwiseResponse(.done, to: &served)
            #expect(try client.answered(response, to: binding).message == .done)
        }
    }

    /// What a member may do hangs on its credential, which its context knows by whatever Sender ID it has.
    @Test(.requirement("GOSC-0100", "GOSC-0099"))
    func aMemberIsKnownByItsKeyUnderEverySenderID() throws {
        let client = try bench.member(AlgorithmBench.client, knowing: [AlgorithmBench.server])
        let server = try bench.member(AlgorithmBench.server, knowing: [AlgorithmBench.client])
        let credential = try bench.credential(of: AlgorithmBench.client)
        let permitted: Set<PublicKey> = [credential.publicKey]
        let first = try server.received(client.protectRequest(.on).0).sender
        try client.renewSender(
            senderID: TestGroup.senderID(0x61), privateKey: bench.key(of: AlgorithmBench.client), reservation: numbers()
        )
        try server.addRecipient(TestGroup.senderID(0x61), credential: credential)
        let request = try client.protectRequest(.on).0
        // The new Sender Context counts from 0, and no other is used.
        #expect(
            try request.fields == Message.Fields(isGroupMode: true, partialIV: 0, kid: "61", groupID: "dd11"))
        let second = try server.received(request).sender
        #expect(first != second)
        for sender in [first, second] {
            let key = try #require(server.credential(of: sender)).publicKey
            #expect(permitted.contains(key))
        }
    }

    /// Everything but numbers and windows.
    private func fixed(_ context: GroupContext) throws -> [String] {
        let sender = try #require(context.sender)
        var values = [
            context.groupID.description, "\(context.algorithms)", "\(context.keyGeneration)",
            hex(context.common.commonIV), hex(context.common.signatureEncryptionKey),
            Hex.encode(context.common.managerCredential), sender.senderID.description,
            Hex.encode(sender.credential.bytes), hex(sender.senderKey), "\(sender.privateKey.publicKey)",
        ]
        for id in context.recipientIDs.sorted(by: { $0.description < $1.description }) {
            guard let recipient = context.recipients[id] else { throw BenchError.notVerified }
            values += [id.description, Hex.encode(recipient.credential.bytes), hex(recipient.recipientKey)]
        }
        return values
    }
}

extension RecipientContext {
    /// Whether pairwise keys were derived.
    var hasPairwiseKeys: Bool { pairwise != nil }
}
