import Bytes
import COSE

/// The associated data of a message, kept from one message to the next (RFC 8613 §5.4).
///
/// It depends on the request alone. Between two messages of one exchange nothing changes, between two requests of one
/// client only the Partial IV, which stands near the end: so little is written anew.
struct RequestAAD: ~Copyable {
    /// The Enc_structure that was prepared last.
    private(set) var structure = Scratch(capacity: EncStructure.length(externalAADLength: ExternalAAD.maximumCount))
    private let algorithm: Int
    private var kid: SenderID?
    private var partialIVCount = 0
    /// Where the Partial IV begins.
    private var start = 0

    init(algorithm: Int) {
        self.algorithm = algorithm
    }

    /// Prepares the Enc_structure of a message that belongs to a request.
    mutating func prepare(_ binding: RequestBinding) {
        let count = binding.partialIV.encodedCount
        // A Partial IV of another length changes the heads before it as well.
        if kid != binding.kid || partialIVCount != count {
            writeHead(binding, count)
        }
        structure.replace(after: start, start + count + 1) { tail in
            binding.partialIV.write(into: &tail)
            ExternalAAD.writeTail(into: &tail)
        }
    }

    private mutating func writeHead(_ binding: RequestBinding, _ count: Int) {
        let algorithm = algorithm
        let length = ExternalAAD.length(algorithm: algorithm, binding: binding)
        structure.fill(EncStructure.length(externalAADLength: length)) { head in
            EncStructure.writeHead(externalAADLength: length, into: &head)
            ExternalAAD.writeHead(algorithm: algorithm, binding: binding, into: &head)
        }
        kid = binding.kid
        partialIVCount = count
        start = structure.count
    }
}
