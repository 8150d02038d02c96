public import OSCORE

extension GroupContext {
    /// The Deterministic Client of the group; `nil` if it has none.
    public var deterministicClient: DeterministicClient? { deterministic?.client }

    /// Names the Deterministic Client, or takes it away.
    ///
    /// - Throws: ``OSCORE/ContextError/identifiersNotDistinct`` if a member has its Sender ID,
    ///   ``OSCORE/ContextError/noMode`` unless the group uses both modes,
    ///   ``OSCORE/ContextError/unsupportedAlgorithm`` for a hash that is not built.
    public func setDeterministicClient(_ client: DeterministicClient?) throws(ContextError) {
        guard let client else {
            deterministic = nil
            return
        }
        guard client.senderID != senderID, recipients[client.senderID] == nil else { throw .identifiersNotDistinct }
        deterministic = try DeterministicClientContext(client, common: common)
    }

    /// Whether an identifier belongs to nobody, so that no member may have it.
    func isDeterministicClient(_ id: SenderID) -> Bool {
        deterministic?.client.senderID == id
    }
}
