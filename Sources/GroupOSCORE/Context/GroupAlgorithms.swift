public import COSE

/// The algorithms of a group (RFC 10021 §2.1). An unset algorithm switches its mode off for the whole group.
///
/// The algorithm of each mode is a type of its own, so that they cannot be confused.
public struct GroupAlgorithms: Hashable, Sendable {
    /// Encrypts pairwise messages; unset: no pairwise mode.
    public var aead: AEADAlgorithm?
    /// Encrypts group messages; unset: no group mode.
    public var groupEncryption: GroupEncryptionAlgorithm?
    /// Countersigns group messages; unset: no group mode.
    public var signature: SignatureAlgorithm?
    /// Derives pairwise keys; unset: no pairwise mode.
    public var pairwiseKeyAgreement: PairwiseKeyAgreementAlgorithm?
    /// Derives all keys. Never part of an info array or an AAD.
    public var hkdf: HKDFAlgorithm

    /// Creates a set of algorithms. Whether they fit each other is said by ``validate()``.
    public init(
        aead: AEADAlgorithm?, groupEncryption: GroupEncryptionAlgorithm?, signature: SignatureAlgorithm?,
        pairwiseKeyAgreement: PairwiseKeyAgreementAlgorithm?, hkdf: HKDFAlgorithm = .hkdfSHA256
    ) {
        self.aead = aead
        self.groupEncryption = groupEncryption
        self.signature = signature
        self.pairwiseKeyAgreement = pairwiseKeyAgreement
        self.hkdf = hkdf
    }

    // GOSC-0022, GOSC-0029: group mode needs both of its algorithms.
    /// Whether messages can be sent in group mode.
    public var hasGroupMode: Bool { groupEncryption != nil && signature != nil }

    // GOSC-0011, GOSC-0039: pairwise mode needs both of its algorithms.
    /// Whether messages can be sent in pairwise mode.
    public var hasPairwiseMode: Bool { aead != nil && pairwiseKeyAgreement != nil }

    // GOSC-0046, GOSC-0047
    /// The COSE number of the algorithm that drives Sender Keys and the Common IV: the Group Encryption Algorithm if
    /// set, else the AEAD Algorithm (RFC 10021 §2.3).
    public var main: (rawValue: Int, keyLength: Int)? {
        if let groupEncryption { return groupEncryption.keyLength.map { (groupEncryption.rawValue, $0) } }
        return aead.flatMap { aead in aead.keyLength.map { (aead.rawValue, $0) } }
    }

    // GOSC-0016, GOSC-0017
    /// The longest nonce of the set algorithms: the length of the Common IV.
    public var longestNonce: Int? {
        [aead?.nonceLength, groupEncryption?.nonceLength].compactMap(\.self).max()
    }

    // GOSC-0041
    /// The most bytes of a Sender ID: the *shortest* nonce of the set algorithms − 6.
    public var maximumSenderIDCount: Int? {
        [aead?.nonceLength, groupEncryption?.nonceLength].compactMap(\.self).min().map { $0 - 6 }
    }

    // GOSC-0357
    /// The strength in bits of a group message against somebody in the group who looks for two plaintexts with one tag,
    /// so that one countersignature serves both: half the length of the tag (RFC 10021 §14.16). 128 bits would take a tag
    /// of 256, which no registered algorithm has.
    ///
    /// `nil` without group mode, and for AES-CTR, which has no tag.
    public var countersignedTagStrength: Int? {
        guard hasGroupMode, let tagLength = groupEncryption?.tagLength, tagLength > 0 else { return nil }
        return tagLength * 8 / 2
    }
}
