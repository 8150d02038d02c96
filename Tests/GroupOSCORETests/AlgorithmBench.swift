import COSE
import CryptoPrimitives
import OSCORE
import Testing

@testable import GroupOSCORE

/// A group with any algorithms a group may have, and members with keys that fit.
struct AlgorithmBench: CustomTestStringConvertible, Sendable {
    var algorithms: GroupAlgorithms
    var keyKind: KeyKind
    var groupID: [UInt8] = [0xdd, 0x11]
    /// Makes the manager's and the members' credentials this much longer.
    var padding = 0

    static let client: UInt8 = 0x25
    static let server: UInt8 = 0x52

    var testDescription: String {
        [
            algorithms.groupEncryption?.name, algorithms.signature?.name, algorithms.aead?.name,
            algorithms.pairwiseKeyAgreement?.name, algorithms.hkdf.name, "\(keyKind)",
        ].compactMap { $0 }.joined(separator: ", ")
    }

    /// The credentials that nearly every context needs: on the curves they take longer than a whole exchange.
    private static let common: [KeyKind: [UInt8: AuthenticationCredential]] = {
        var found: [KeyKind: [UInt8: AuthenticationCredential]] = [:]
        for kind in KeyKind.allCases {
            let bench = AlgorithmBench(algorithms: .suiteA, keyKind: kind)
            for member in [client, client + 1, server] {
                found[kind, default: [:]][member] = try? bench.made(for: member)
            }
        }
        return found
    }()

    /// The key of a member: any number that is a scalar of every curve, and any seed.
    func key(of member: UInt8) throws -> PrivateKey {
        var secret = [UInt8](repeating: member, count: keyKind.secretLength)
        secret[0] = 0
        return try PrivateKey(keyKind, secret: secret.span)
    }

    func credential(of member: UInt8) throws -> AuthenticationCredential {
        if padding == 0, let made = Self.common[keyKind]?[member] { return made }
        return try made(for: member)
    }

    private func made(for member: UInt8) throws -> AuthenticationCredential {
        .ccs(subject: name("\(member)"), publicKey: try key(of: member).publicKey)
    }

    /// The context of one member, which knows the `peers`.
    ///
    /// - Parameter keyOf: Whose credential it believes to be that of each peer; the peer's own without.
    func member(
        _ id: UInt8, knowing peers: [UInt8], keyOf: (UInt8) -> UInt8 = { $0 }
    ) throws -> GroupContext {
        let context = try GroupContext(
            groupID: try #require(GroupID(groupID)), masterSecret: [UInt8](1...16).span, masterSalt: [7, 7],
            algorithms: algorithms, managerCredential: Array(name("manager").utf8),
            senderID: try #require(SenderID([id])), credential: try credential(of: id),
            privateKey: try key(of: id), reservation: numbers())
        for peer in peers {
            try context.addRecipient(try #require(SenderID([peer])), credential: try credential(of: keyOf(peer)))
        }
        return context
    }

    private func name(_ text: String) -> String {
        text + String(repeating: ".", count: padding)
    }
}

extension AlgorithmBench {
    static let encryptions =
        aeads.map { GroupEncryptionAlgorithm(rawValue: $0.rawValue) } + [.a128CTR, .a192CTR, .a256CTR]

    static let aeads: [AEADAlgorithm] = [
        .a128GCM, .a192GCM, .a256GCM, .aesCCM_16_64_128, .aesCCM_16_64_256, .aesCCM_64_64_128, .aesCCM_64_64_256,
        .aesCCM_16_128_128, .aesCCM_16_128_256, .aesCCM_64_128_128, .aesCCM_64_128_256, .chaCha20Poly1305,
    ]

    static let signatures: [(SignatureAlgorithm, KeyKind)] = [
        (.edDSA, .ed25519), (.es256, .p256), (.es384, .p384), (.es512, .p521),
    ]

    static let agreements: [(PairwiseKeyAgreementAlgorithm, HKDFAlgorithm)] = [
        (.ecdhSSHKDF256, .hkdfSHA256), (.ecdhSSHKDF512, .hkdfSHA512),
    ]

    /// Every Group Encryption Algorithm with every Signature Algorithm and every HKDF.
    static var groupModeOnly: [AlgorithmBench] {
        encryptions.flatMap { encryption in
            signatures.flatMap { signature, kind in
                [HKDFAlgorithm.hkdfSHA256, .hkdfSHA384, .hkdfSHA512].map { hkdf in
                    AlgorithmBench(
                        algorithms: GroupAlgorithms(
                            aead: nil, groupEncryption: encryption, signature: signature, pairwiseKeyAgreement: nil,
                            hkdf: hkdf), keyKind: kind)
                }
            }
        }
    }

    /// Every AEAD Algorithm with every kind of key and both agreements.
    static var pairwiseModeOnly: [AlgorithmBench] {
        aeads.flatMap { aead in
            KeyKind.allCases.flatMap { kind in
                agreements.map { agreement, hkdf in
                    AlgorithmBench(
                        algorithms: GroupAlgorithms(
                            aead: aead, groupEncryption: nil, signature: nil, pairwiseKeyAgreement: agreement,
                            hkdf: hkdf), keyKind: kind)
                }
            }
        }
    }

    /// Every Group Encryption Algorithm with every AEAD, signature and agreement.
    static var bothModes: [AlgorithmBench] {
        groupModeOnly.flatMap { bench in
            aeads.flatMap { aead in
                // Without pairwise mode any HKDF will do, with it only that of the agreement.
                agreements.filter { $0.1 == bench.algorithms.hkdf }.map { agreement, _ in
                    var bench = bench
                    bench.algorithms.aead = aead
                    bench.algorithms.pairwiseKeyAgreement = agreement
                    return bench
                }
            }
        }
    }
}
