package import OSCORE

/// What the OSCORE option of a response carries beside the Group Flag (RFC 10021 §7.3, §8.5).
package struct GroupResponseFields: Hashable, Sendable {
    /// The responder's own Partial IV; `nil` lets the response use the request's nonce.
    package var partialIV: PartialIV?
    package var includesKid: Bool
    package var includesGroupID: Bool

    package init(partialIV: PartialIV?, includesKid: Bool, includesGroupID: Bool) {
        self.partialIV = partialIV
        self.includesKid = includesKid
        self.includesGroupID = includesGroupID
    }
}

extension GroupContext {
    /// Decides the fields of the next response to a request, and uses up the nonce that it takes.
    func takeResponseFields(
        for binding: inout GroupRequestBinding, usesOwnPartialIV: Bool
    ) throws(ProtectionError) -> GroupResponseFields {
        let sender = try usableSender()
        let isSameContext = binding.groupID == groupID && binding.keyGeneration == keyGeneration
        // A response bound to no Sender ID was made from given values, by a caller that vouches for them.
        let isSameSender = binding.responderID == nil || binding.responderID == sender.senderID
        var partialIV: PartialIV?
        // GOSC-0216, GOSC-0339: another context than the request's means an own Partial IV. So does a new Sender ID,
        // of which the specification does not say whether it makes another context.
        if usesOwnPartialIV || !isSameContext || !isSameSender || !takesRequestNonce(&binding) {
            partialIV = try sender.reservation.take()
        }
        return GroupResponseFields(
            partialIV: partialIV,
            // GOSC-0117: always after a request in group mode. GOSC-0221: and when it is not the one the client knows.
            includesKid: binding.isGroupMode || !isSameSender,
            // GOSC-0218, GOSC-0220: the new Gid, for as long as responses to old requests go out.
            includesGroupID: binding.groupID != groupID)
    }

    // GOSC-0169, GOSC-0215
    /// Whether this response is the one that may go without a Partial IV.
    private func takesRequestNonce(_ binding: inout GroupRequestBinding) -> Bool {
        guard binding.request.isRequestNonceFree else { return false }
        do {
            try binding.request.takeRequestNonce()
        } catch {
            return false
        }
        // The binding may have been copied; the Recipient Context has not.
        guard let client = recipients.find(binding.request.kid) else { return false }
        return client.takeNonce(of: binding.request.partialIV)
    }
}
