import CBOR
import COSE
import CRawCalls

/// The bare calls for a batch of messages that have the lengths of ours.
final class RawBatch {
    private let raw: OpaquePointer
    private let count: Int

    init(_ lengths: gosc_raw_lengths, count: Int) throws {
        guard let raw = gosc_raw_new(lengths, count) else { throw BenchmarkError.library }
        self.raw = raw
        self.count = count
    }

    deinit {
        gosc_raw_free(raw)
    }

    func seal() throws { try check(gosc_raw_seal(raw)) }
    func open() throws { try check(gosc_raw_open(raw)) }
    func protectInGroup() throws { try check(gosc_raw_group_protect(raw)) }
    func verifyInGroup() throws { try check(gosc_raw_group_verify(raw)) }
    func checkInGroup() throws { try check(gosc_raw_group_check(raw)) }

    private func check(_ right: Int) throws {
        guard right == count else { throw BenchmarkError.wrongResult(right, of: count) }
    }
}

extension gosc_raw_lengths {
    /// The lengths of a message under an AES-CCM-16-64-128 with this `aad_array`.
    init(externalAAD: [UInt8], plaintext: Int) {
        self.init()
        nonce = 13
        tag = 8
        aad = EncStructure.length(externalAADLength: externalAAD.count)
        self.plaintext = plaintext
    }
}

enum BenchmarkError: Error {
    /// A library call of the bare side failed.
    case library
    /// Not every message of a batch came out right.
    case wrongResult(Int, of: Int)
    /// A fixed value does not fit its type.
    case fixture
}
