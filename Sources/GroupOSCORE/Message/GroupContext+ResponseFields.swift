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
    @inline(__always)
    func takeResponseFields(
        for binding: inout GroupRequestBinding, usesOwnPartialIV: Bool
    ) throws(ProtectionError) -> GroupResponseFields {
        let sender = try uncountedSender()
        let senderID = unsafe sender.use { $0.senderID }
        var situation = ResponseFields.Situation()
        situation.isFirst = binding.request.isRequestNonceFree
        situation.hasSameGroupID = binding.groupID == groupID
        // The same Gid with other keys is another context as well.
        situation.hasSameKeys = binding.keyGeneration == keyGeneration
        // A response bound to no Sender ID was made from given values, by a caller that vouches for them.
        situation.hasNewSenderID = binding.responderID != nil && binding.responderID != senderID
        situation.isRequestInGroupMode = binding.isGroupMode
        // Without a clock: for as long as responses to old requests go out.
        situation.isRekeyingPeriod = true
        let fields = ResponseFields.decide(situation)
        var partialIV: PartialIV?
        if usesOwnPartialIV || fields.ownPartialIV || !takesRequestNonce(&binding) {
            partialIV = try unsafe sender.use { sender throws(ProtectionError) in try sender.reservation.take() }
            // GOSC-0169: "the first" is meant literally, so that none after it may go without.
            binding.request.noteOwnPartialIV()
        }
        return GroupResponseFields(
            partialIV: partialIV, includesKid: fields.includesKid, includesGroupID: fields.includesGroupID)
    }

    // GOSC-0169, GOSC-0215
    /// Whether this response is the one that may go without a Partial IV.
    @inline(__always)
    private func takesRequestNonce(_ binding: inout GroupRequestBinding) -> Bool {
        guard binding.request.isRequestNonceFree else { return false }
        do {
            try binding.request.takeRequestNonce()
        } catch {
            return false
        }
        // The binding may have been copied; the Recipient Context has not.
        guard let client = recipients.find(binding.request.kid) else { return false }
        return unsafe client.use { $0.takeNonce(of: binding.request.partialIV) }
    }
}
