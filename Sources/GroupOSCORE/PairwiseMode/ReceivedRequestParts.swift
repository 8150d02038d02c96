import Bytes
import CBOR
import COSE
import CryptoPrimitives
import OSCORE

/// Nonce and associated data of the pairwise requests of one member, kept from one to the next.
///
/// Of an admitted request everything but its Partial IV is known: Gid, kid, credentials, and the flags, for an option value
/// has one encoding. So the Partial IV is replaced where it stands. The bytes are those that ``GroupExternalAAD`` and
/// ``OSCORE/Nonce`` would write.
struct ReceivedRequestParts: ~Copyable {
    /// The nonce of the last request.
    private(set) var nonce = Scratch(capacity: 16)
    /// The Enc_structure of the last request.
    private(set) var structure = Scratch(capacity: 512)

    private var partialIV = PartialIV.zero
    /// Those as long as ``partialIV``; none before the first request.
    private var alike = SameLength.none
    /// Where the Partial IV ends in request_piv.
    private var requestPartialIVEnd = 0
    /// Where it ends in the option value.
    private var optionPartialIVEnd = 0

    /// Prepares both for a request.
    ///
    /// - Parameters:
    ///   - context: The same for every request. The whole of it, for a part would be copied.
    ///   - sender: The same for every request.
    @inline(__always)
    mutating func prepare(
        _ new: PartialIV, optionValue: Span<UInt8>, in context: GroupContext, sender: RecipientContext
    ) {
        guard alike.contains(new.value) else {
            return write(new, optionValue: optionValue, in: context, sender: sender)
        }
        nonce.replaceNumberInOnePiece(partialIV.value, with: new.value, endingAt: nonce.count)
        structure.replaceNumber(partialIV.value, with: new.value, endingAt: requestPartialIVEnd)
        structure.replaceNumber(partialIV.value, with: new.value, endingAt: optionPartialIVEnd)
        partialIV = new
    }

    @inline(never)
    private mutating func write(
        _ new: PartialIV, optionValue: Span<UInt8>, in context: GroupContext, sender: RecipientContext
    ) {
        let request = RequestBinding(kid: sender.recipientID, partialIV: new)
        let ends = structure.fillEncStructure(
            head: context.common.aadHead, request: request, groupID: context.groupID, optionValue: optionValue,
            tail: sender.aadTail)
        requestPartialIVEnd = ends.requestPartialIVEnd
        // Behind the flags.
        optionPartialIVEnd = ends.optionValueStart + 1 + new.encodedCount
        nonce.fillNonce(
            commonIV: context.common.commonIV, producer: sender.recipientID, partialIV: new,
            count: context.common.pairwiseNonceLength)
        partialIV = new
        alike = SameLength(as: new.value)
    }
}
