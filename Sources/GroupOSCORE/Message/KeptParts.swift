import Bytes
import CBOR
import COSE
import CryptoPrimitives
import OSCORE

/// Nonce and associated data of the messages in one direction, kept from one message to the next.
///
/// In a conversation hardly more than two Partial IVs change. They are replaced where they stand, which costs a fifth of
/// encoding everything again. The bytes are those that ``GroupExternalAAD`` and ``OSCORE/Nonce`` would write.
struct KeptParts: ~Copyable {
    /// The nonce of the last message.
    private(set) var nonce = Scratch(capacity: 16)
    /// The Enc_structure of the last message.
    private(set) var structure = Scratch(capacity: 512)

    private var producer: SenderID?
    private var partialIV = PartialIV.zero

    /// Who protected the message; with it goes the credential. `nil` if nothing is kept.
    private var author: SenderID?
    private var requestKid: SenderID?
    private var requestPartialIV = PartialIV.zero
    /// Those as long as ``requestPartialIV``.
    private var alike = SameLength(as: 0)
    private var groupID: GroupID?
    private var optionValueCount = 0
    private var requestPartialIVEnd = 0
    private var optionValueStart = 0

    /// Forgets everything: for a member whose credential may be another one now.
    mutating func forget() {
        author = nil
    }

    /// Prepares the nonce of a message.
    ///
    /// - Parameters:
    ///   - commonIV: Always the same one.
    ///   - producer: Who generated `partialIV`, the Partial IV in effect.
    ///   - count: The length of the nonce.
    @inline(__always)
    mutating func prepareNonce(
        commonIV: borrowing SecretBytes, producer: SenderID, partialIV: PartialIV, count: Int
    ) {
        if self.producer == producer, nonce.count == count {
            nonce.replaceNumberInOnePiece(self.partialIV.value, with: partialIV.value, endingAt: count)
        } else {
            nonce.fillNonce(commonIV: commonIV, producer: producer, partialIV: partialIV, count: count)
            self.producer = producer
        }
        self.partialIV = partialIV
    }

    /// Prepares the Enc_structure of an ordinary message.
    ///
    /// - Parameters:
    ///   - author: Who protects the message.
    ///   - request: The request that it is, or that it belongs to.
    ///   - groupID: The Gid of that request.
    ///   - optionValue: This message's own, final.
    ///   - head: The start of every `aad_array` of the group.
    ///   - tail: The end of every `aad_array` of the author.
    @inline(__always)
    mutating func prepareStructure(
        author: SenderID, request: RequestBinding, groupID: GroupID, optionValue: Span<UInt8>, head: [UInt8],
        tail: [UInt8]
    ) {
        // Parts of another length change the heads of what is around them.
        guard self.author == author, requestKid == request.kid, optionValueCount == optionValue.count,
            alike.contains(request.partialIV.value), self.groupID == groupID
        else {
            write(
                author: author, request: request, groupID: groupID, optionValue: optionValue, head: head, tail: tail)
            return
        }
        structure.replaceNumber(requestPartialIV.value, with: request.partialIV.value, endingAt: requestPartialIVEnd)
        structure.overwrite(optionValueStart, with: optionValue)
        requestPartialIV = request.partialIV
    }

    /// Prepares the Enc_structure of an ordinary message that is being protected.
    @inline(__always)
    mutating func prepareStructure(
        author: SenderID, request: RequestBinding, groupID: GroupID, optionValue: borrowing Scratch, head: [UInt8],
        tail: [UInt8]
    ) {
        prepareStructure(
            author: author, request: request, groupID: groupID, optionValue: optionValue.bytes, head: head, tail: tail)
    }

    @inline(never)
    private mutating func write(
        author: SenderID, request: RequestBinding, groupID: GroupID, optionValue: Span<UInt8>, head: [UInt8],
        tail: [UInt8]
    ) {
        (requestPartialIVEnd, optionValueStart) = structure.fillEncStructure(
            head: head, request: request, groupID: groupID, optionValue: optionValue, tail: tail)
        self.author = author
        self.groupID = groupID
        requestKid = request.kid
        requestPartialIV = request.partialIV
        alike = SameLength(as: request.partialIV.value)
        optionValueCount = optionValue.count
    }
}
