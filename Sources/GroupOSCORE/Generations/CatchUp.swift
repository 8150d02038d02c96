/// What a member does that has missed a rekeying: it takes the steps of RFC 10021 §12.2, in their order.
///
/// Holds the new keys until they may be installed; nothing can be verified with them before.
struct CatchUp: ~Copyable {
    /// The generation that this member had.
    let missedSince: UInt64
    private(set) var step = CatchUpStep.fetchMaterial
    private var material: GroupKeyingMaterial?

    init(missedSince: UInt64) {
        self.missedSince = missedSince
    }

    // GOSC-0315: kept, not installed.
    /// Takes the current material; false, and nothing changed, if nobody asked for it or it is old.
    mutating func receive(_ material: consuming GroupKeyingMaterial) -> Bool {
        // What is older than the keys that this member had is nothing to catch up with.
        guard step == .fetchMaterial, material.keyGeneration >= missedSince else { return false }
        step = .fetchStaleSenderIDs(from: missedSince, to: material.keyGeneration)
        self.material = consume material
        return true
    }

    // GOSC-0318
    /// Notes that the stale Sender IDs were removed; false, and nothing changed, if that was not the next step.
    mutating func staleSenderIDsRemoved() -> Bool {
        guard case .fetchStaleSenderIDs = step else { return false }
        step = .install
        return true
    }

    /// Gives the material out, once all steps before the installation were taken.
    mutating func takeMaterial() -> GroupKeyingMaterial? {
        guard step == .install else { return nil }
        return material.take()
    }
}

/// What a member that has missed a rekeying asks the Group Manager next (RFC 10021 §12.2).
public enum CatchUpStep: Hashable, Sendable {
    /// For the current keying material, which is not installed yet.
    case fetchMaterial
    /// Which Sender IDs became stale from one Key Generation Number to another.
    case fetchStaleSenderIDs(from: UInt64, to: UInt64)
    /// Nothing more: ``GroupGenerations/finishCatchUp(now:derive:)``.
    case install
}
