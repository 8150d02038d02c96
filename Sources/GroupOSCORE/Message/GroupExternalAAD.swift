import Bytes
import CBOR
import COSE
import OSCORE

/// The `aad_array` of RFC 10021 §3.4.
enum GroupExternalAAD {
    /// Appends the array; ``length(group:binding:classIOptions:optionValue:senderCredential:)`` says how many bytes at
    /// most.
    ///
    /// - Parameters:
    ///   - binding: The request's identifiers: stored ones for a response, also after a rekeying.
    ///   - classIOptions: Encoded; none but in responses to deterministic requests.
    ///   - optionValue: This message's own OSCORE option value, final.
    ///   - senderCredential: The credential of whoever protects this message; empty for a deterministic request.
    static func write(
        group: borrowing some CountersigningGroup & ~Copyable, binding: GroupRequestBinding,
        classIOptions: Span<UInt8>, optionValue: Span<UInt8>, senderCredential: Span<UInt8>,
        into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        writeHead(group.algorithms, into: &sink)
        writeRequest(binding.request, groupID: binding.groupID, classIOptions: classIOptions, into: &sink)
        // GOSC-0133, GOSC-0345
        CBOREncoding.write(bytes: optionValue, into: &sink)
        writeTail(senderCredential: senderCredential, managerCredential: group.managerCredential.span, into: &sink)
    }

    // GOSC-0123, GOSC-0125, GOSC-0126
    /// Appends version and algorithms: the same in every message of a group.
    static func writeHead(
        _ algorithms: GroupAlgorithms, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        CBOREncoding.write(arrayOf: 9, into: &sink)
        CBOREncoding.write(integer: 1, into: &sink)
        // GOSC-0127, GOSC-0128, GOSC-0129, GOSC-0130: the configured algorithms, null for unset ones, whatever mode
        // this message uses.
        CBOREncoding.write(arrayOf: 4, into: &sink)
        write(algorithms.aead?.rawValue, into: &sink)
        write(algorithms.groupEncryption?.rawValue, into: &sink)
        write(algorithms.signature?.rawValue, into: &sink)
        write(algorithms.pairwiseKeyAgreement?.rawValue, into: &sink)
    }

    // GOSC-0131, GOSC-0132, GOSC-0159
    /// Appends request_kid, request_piv, options and request_kid_context.
    static func writeRequest(
        _ request: RequestBinding, groupID: GroupID, classIOptions: Span<UInt8>,
        into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        CBOREncoding.write(.bytes, UInt64(request.kid.count), into: &sink)
        request.kid.write(into: &sink)
        CBOREncoding.write(.bytes, UInt64(request.partialIV.encodedCount), into: &sink)
        request.partialIV.write(into: &sink)
        CBOREncoding.write(bytes: classIOptions, into: &sink)
        CBOREncoding.write(.bytes, UInt64(groupID.count), into: &sink)
        groupID.write(into: &sink)
    }

    // GOSC-0136, GOSC-0137, GOSC-0346
    /// Appends sender_cred and gm_cred: the same in every message of one member.
    static func writeTail(
        senderCredential: Span<UInt8>, managerCredential: Span<UInt8>,
        into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        CBOREncoding.write(bytes: senderCredential, into: &sink)
        CBOREncoding.write(bytes: managerCredential, into: &sink)
    }

    /// The most bytes that ``write(group:binding:classIOptions:optionValue:senderCredential:into:)`` appends.
    static func length(
        group: borrowing some CountersigningGroup & ~Copyable, binding: GroupRequestBinding,
        classIOptions: Span<UInt8>, optionValue: Span<UInt8>, senderCredential: Span<UInt8>
    ) -> Int {
        let fixed = 1 + 1 + 1 + 4 * longestInteger + (1 + 7) + (1 + 5) + 5 * longestHead
        return fixed + classIOptions.count + binding.groupID.count + optionValue.count + senderCredential.count
            + group.managerCredential.count
    }

    private static func write(_ algorithm: Int?, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        if let algorithm {
            CBOREncoding.write(integer: Int64(algorithm), into: &sink)
        } else {
            CBOREncoding.writeNull(into: &sink)
        }
    }

    /// How many bytes ``writeRequest(_:groupID:classIOptions:into:)`` appends without Class I options.
    static func requestLength(_ request: RequestBinding, groupID: GroupID) -> Int {
        requestPartialIVEnd(request) + 1 + CBOREncoding.stringLength(groupID.count)
    }

    /// Where request_piv ends in what ``writeRequest(_:groupID:classIOptions:into:)`` appends.
    static func requestPartialIVEnd(_ request: RequestBinding) -> Int {
        1 + request.kid.count + 1 + request.partialIV.encodedCount
    }

    private static let longestInteger = 9
    private static let longestHead = 9
}
