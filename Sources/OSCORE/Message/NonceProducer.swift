import Bytes
import COSE

/// One endpoint of a Security Context as a producer of Partial IVs: its nonce, and the associated data of what belongs to
/// its requests.
///
/// From message to message only a few bytes of either change, and they are changed in place: that costs a tenth of
/// encoding them again.
struct NonceProducer: ~Copyable, Sendable {
    /// The nonce with ``partialIV`` in it.
    private(set) var nonce = Scratch(capacity: 16)
    private var partialIV = PartialIV.zero
    /// The Enc_structure of a request with ``requestPartialIV``, and of the responses to it.
    private(set) var structure = Scratch(capacity: Self.maximumStructureCount)
    private var requestPartialIV = PartialIV.zero
    /// Those as long as ``requestPartialIV``.
    private var alike = SameLength(as: 0)
    private let prefixCount: Int

    init(id: SenderID, commonIV: borrowing SecretBytes, algorithm: AEADAlgorithm) {
        nonce.fillNonce(commonIV: commonIV, producer: id, partialIV: .zero, count: commonIV.count)
        var prefix: [UInt8] = []
        ExternalAAD.writeHead(algorithm: algorithm.rawValue, kid: id, into: &prefix)
        prefixCount = Self.headOffset + 1 + prefix.count
        structure.fill(Self.maximumStructureCount) { output in
            EncStructure.writeHead(externalAADLength: 0, into: &output)
            output.append(copying: prefix.span)
            // Room for the longest request_piv.
            while output.count < Self.maximumStructureCount { output.append(0) }
        }
        writeTail(.zero)
    }

    /// Changes the nonce to that of another message.
    @inline(__always)
    mutating func setNonce(_ new: PartialIV) {
        nonce.replaceNumberInOnePiece(partialIV.value, with: new.value, endingAt: nonce.count)
        partialIV = new
    }

    /// Changes the associated data to that of another request and its responses.
    @inline(__always)
    mutating func setRequest(_ new: PartialIV) {
        // A Partial IV of another length changes the heads before it as well.
        guard alike.contains(new.value) else { return writeTail(new) }
        // Only the options, none, stand behind it.
        structure.replaceNumber(requestPartialIV.value, with: new.value, endingAt: structure.count - 1)
        requestPartialIV = new
    }

    @inline(never)
    private mutating func writeTail(_ new: PartialIV) {
        requestPartialIV = new
        let count = new.encodedCount
        alike = SameLength(as: new.value)
        let length = prefixCount + ExternalAAD.tailLength(new)
        structure.restore(count: length)
        // The head of external_aad: at most 23 bytes follow, for identifiers and algorithm numbers are short.
        structure[Self.headOffset] = 0x40 | UInt8(truncatingIfNeeded: length - Self.headOffset - 1)
        structure[prefixCount] = 0x40 | UInt8(truncatingIfNeeded: count)
        var value = new.value
        var index = prefixCount + count
        while index > prefixCount {
            structure[index] = UInt8(truncatingIfNeeded: value)
            value >>= 8
            index -= 1
        }
        // No Class I option is defined.
        structure[length - 1] = 0x40
    }

    private static let maximumStructureCount = 48
    private static let headOffset = EncStructure.length(externalAADLength: 0) - 1
}
