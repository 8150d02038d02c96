public import COSE
public import OSCORE

/// A plain OSCORE context, as one of its two ends has it (RFC 8613 §3.2).
public struct FixedPair: Sendable {
    let input: PairContextInput

    /// This end.
    public var senderID: SenderID { input.senderID }
    /// The peer.
    public var recipientID: SenderID { input.recipientID }
    /// The Master Secret.
    public var masterSecret: [UInt8] { input.masterSecret }
    /// The Master Salt.
    public var masterSalt: [UInt8] { input.masterSalt }
    /// The ID Context; `nil` if there is none.
    public var idContext: [UInt8]? { input.idContext }
    /// The AEAD Algorithm.
    public var algorithm: AEADAlgorithm { AEADAlgorithm(rawValue: input.aead) }
    /// The HKDF Algorithm.
    public var hkdf: HKDFAlgorithm { HKDFAlgorithm(rawValue: input.hkdf) }

    init(_ input: PairContextInput, as me: SenderID) throws(WorkbenchFailure) {
        guard me == input.senderID || me == input.recipientID else {
            throw WorkbenchFailure(
                .context, "\(me.quoted) is neither the \"sender_id\" nor the \"recipient_id\"")
        }
        self.input = try input.seen(by: me)
        // What is wrong shows now and not with the first message.
        _ = try Workbench.makeContext(self.input)
    }
}

/// Prints no key.
extension FixedPair: CustomStringConvertible, CustomReflectable {
    /// The identifiers.
    public var description: String { "OSCORE context of \(senderID) with \(recipientID)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
