public import CryptoPrimitives

/// What node and manager both derive from an invitation, besides the OSCORE context.
public enum InvitationAssociation: Sendable {
    /// The length of the ID Context that a node draws for each state directory that uses the invitation: so the same
    /// invitation used from two directories never yields the same key.
    public static let idContextCount = 16
    /// The length of N_S.
    public static let kdcChallengeCount = 8

    /// N_S, the manager's challenge in the proof of possession, where no token upload has delivered one.
    ///
    /// HKDF SHA-256 with an empty salt, the Master Secret as input, and `"gosc N_S" | ID Context` as info.
    ///
    /// - Throws: What ``CryptoPrimitives/HKDF/derive(_:salt:secret:info:count:into:)`` throws, though the length is
    ///   always in range.
    public static func kdcChallenge(
        masterSecret: Span<UInt8>, idContext: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        let salt: [UInt8] = []
        var info = Array("gosc N_S".utf8)
        for index in idContext.indices { info.append(idContext[index]) }
        return try [UInt8](capacity: kdcChallengeCount) { output throws(CryptoError) in
            try HKDF.derive(
                .sha256, salt: salt.span, secret: masterSecret, info: info.span, count: kdcChallengeCount, into: &output
            )
        }
    }
}
