import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// Two members of a group with any algorithms that the registries and RFC 10021 allow.
struct EveryAlgorithmTests {
    static let benches = AlgorithmBench.groupModeOnly + AlgorithmBench.pairwiseModeOnly + AlgorithmBench.bothModes

    @Test func theBenchesAreAllThatThereAre() {
        let names = Set(Self.benches.map(\.testDescription))
        let (groupOnly, pairwiseOnly, both) = (15 * 4 * 3, 12 * 5 * 2, 15 * 12 * 4 * 2)
        #expect(names.count == groupOnly + pairwiseOnly + both)
    }

    @Test(.requirement("GOSC-0001", "GOSC-0279"), arguments: benches)
    func everyCombinationOfModesWorks(bench: AlgorithmBench) throws {
        let client = try bench.member(AlgorithmBench.client, knowing: [AlgorithmBench.server])
        let server = try bench.member(AlgorithmBench.server, knowing: [AlgorithmBench.client])
        let modes = [true, false].filter {
            $0 ? bench.algorithms.hasGroupMode : bench.algorithms.hasPairwiseMode
        }
        #expect(!modes.isEmpty)
        for requestMode in modes {
            for responseMode in modes {
                let (request, binding) = try protect(isGroupMode: requestMode, client, to: server.ownID)
                let received = try server.received(request)
                #expect(received.message == .on)
                var served = received.binding
                // The first goes under the request's nonce, the second under its own.
                for _ in 0..<2 {
                    let response =
                        try responseMode
                        ? server.protectResponse(.done, to: &served)
                        : server.protectPairwiseResponse(.done, to: &served)
                    let answer = try client.answered(response, to: binding)
                    #expect(answer.message == .done)
                    #expect(answer.sender == (try server.ownID))
                }
            }
        }
    }

    // What the other mode uses makes no difference here.
    @Test(.requirement("GOSC-0336"), arguments: AlgorithmBench.groupModeOnly + AlgorithmBench.pairwiseModeOnly)
    func anotherKeyThanTheSendersIsRefused(bench: AlgorithmBench) throws {
        let client = try bench.member(AlgorithmBench.client, knowing: [AlgorithmBench.server])
        // Everything symmetric is right; only the credential is another's.
        let server = try bench.member(AlgorithmBench.server, knowing: [AlgorithmBench.client], keyOf: { $0 + 1 })
        if bench.algorithms.hasGroupMode {
            let (request, _) = try protect(isGroupMode: true, client, to: server.ownID)
            #expect(try server.judged(request) == "signature")
        }
        if bench.algorithms.hasPairwiseMode {
            let (request, _) = try protect(isGroupMode: false, client, to: server.ownID)
            #expect(try server.judged(request) == "decryption")
        }
        #expect(server.replayWindow(of: try client.ownID)?.highest == nil)
    }

    /// Every algorithm of the Common Context, changed singly at one end.
    @Test(.requirement("GOSC-0365"))
    func aMemberWithAnotherCipherSuiteUnderstandsNothing() throws {
        let suite = AlgorithmBench(algorithms: .suiteA, keyKind: .ed25519)
        var others: [GroupAlgorithms] = []
        for aead in AlgorithmBench.aeads where aead != suite.algorithms.aead {
            others.append(suite.algorithms)
            others[others.count - 1].aead = aead
        }
        for encryption in AlgorithmBench.encryptions where encryption != suite.algorithms.groupEncryption {
            others.append(suite.algorithms)
            others[others.count - 1].groupEncryption = encryption
        }
        others.append(suite.algorithms)
        others[others.count - 1].hkdf = .hkdfSHA512
        others[others.count - 1].pairwiseKeyAgreement = .ecdhSSHKDF512
        let client = try suite.member(AlgorithmBench.client, knowing: [AlgorithmBench.server])
        for algorithms in others {
            let other = AlgorithmBench(algorithms: algorithms, keyKind: .ed25519)
            let server = try other.member(AlgorithmBench.server, knowing: [AlgorithmBench.client])
            // Long enough for the longest tag.
            let long = Message(code: .put, payload: [UInt8](repeating: 7, count: 40))
            for isGroupMode in [true, false] {
                let (request, _) =
                    try isGroupMode ? client.protectRequest(long) : client.protectRequest(long, to: server.ownID)
                #expect(try server.judged(request) == (isGroupMode ? "signature" : "decryption"), "\(other)")
            }
        }
    }

    private func protect(
        isGroupMode: Bool, _ client: GroupContext, to server: SenderID
    ) throws -> (Message, GroupRequestBinding) {
        try isGroupMode ? client.protectRequest(.on) : client.protectRequest(.on, to: server)
    }
}
