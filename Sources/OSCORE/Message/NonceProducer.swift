import Bytes
import COSE

/// One endpoint of a Security Context as a producer of Partial IVs, with what is the same in all its nonces and in the
/// AAD of all its requests. Made once, so that a message costs a copy instead of an encoding.
struct NonceProducer: ~Copyable, Sendable {
    /// Its Sender ID.
    let id: SenderID
    /// Its nonce with Partial IV 0: any other differs in the last five bytes only.
    private let template: SecretBytes
    /// The Enc_structure of its requests up to and with request_kid, as if nothing followed.
    private let prefix: [UInt8]

    init(id: SenderID, commonIV: borrowing SecretBytes, algorithm: AEADAlgorithm) {
        self.id = id
        let count = commonIV.count
        let zero = PartialIV.zero
        template = SecretBytes(count: count) { output in
            Nonce.write(commonIV: commonIV.bytes, producer: id, partialIV: zero, count: count, into: &output)
        }
        var prefix: [UInt8] = []
        EncStructure.writeHead(externalAADLength: 0, into: &prefix)
        ExternalAAD.writeHead(algorithm: algorithm.rawValue, kid: id, into: &prefix)
        self.prefix = prefix
    }

    /// Appends the nonce of a message.
    func writeNonce(_ partialIV: PartialIV, into output: inout OutputSpan<UInt8>) {
        let fixed = template.count - Self.partialIVField
        for index in 0..<fixed {
            output.append(template.bytes[index])
        }
        for index in fixed..<template.count {
            let shift = UInt64(8 * (template.count - 1 - index))
            output.append(template.bytes[index] ^ UInt8(truncatingIfNeeded: partialIV.value >> shift))
        }
    }

    /// Appends the Enc_structure around the `aad_array` of a message; ``maximumStructureCount`` bytes at most.
    func writeStructure(_ requestPartialIV: PartialIV, into output: inout OutputSpan<UInt8>) {
        let fixed = prefix.count - Self.headOffset - 1
        let length = fixed + ExternalAAD.tailLength(requestPartialIV)
        for index in 0..<Self.headOffset {
            output.append(prefix[index])
        }
        // The head of external_aad: at most 23 bytes follow, for identifiers and algorithm numbers are short.
        output.append(prefix[Self.headOffset] | UInt8(truncatingIfNeeded: length))
        for index in (Self.headOffset + 1)..<prefix.count {
            output.append(prefix[index])
        }
        ExternalAAD.writeTail(requestPartialIV, into: &output)
    }

    static let maximumStructureCount = 48
    private static let partialIVField = 5
    private static let headOffset = EncStructure.length(externalAADLength: 0) - 1
}
