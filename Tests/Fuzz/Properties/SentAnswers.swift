import Bytes
import CoAP
import CoAPEngine

/// What the servers of one run have answered, and whether a body can come of it.
struct SentAnswers {
    /// Answers that may belong together.
    private struct Origin: Hashable {
        let peer: PeerIdentity
        let eTag: [UInt8]?
        /// Without an ETag nothing but the operation says what belongs together.
        let operation: UInt8?
    }

    private struct Part: Hashable {
        let offset: Int
        let isMore: Bool
        let payload: [UInt8]
    }

    private var parts: [Origin: Set<Part>] = [:]

    init() {}

    mutating func note(_ answer: Message, of source: SocketAddress, in operation: UInt8?) {
        // An error is no block of anything.
        let block = answer.code.isSuccess ? answer.options.block2 : nil
        let part = Part(offset: block?.offset ?? 0, isMore: block?.isMore ?? false, payload: answer.payload)
        let tag = answer.options.eTag
        let origin = Origin(peer: .endpoint(source), eTag: tag, operation: tag == nil ? operation : nil)
        parts[origin, default: []].insert(part)
    }

    /// Whether the payload of a response is that of parts of one origin, one behind the other from the first to a last.
    func explain(_ response: ClientResponse, in operation: UInt8?) -> Bool {
        let tag = response.message.options.eTag
        // What was stored came by an earlier operation.
        let origins = parts.keys.filter { origin in
            origin.peer == response.peer && origin.eTag == tag
                && (tag != nil || response.isFromCache || origin.operation == operation)
        }
        return origins.contains { isWhole(response.message, of: parts[$0] ?? []) }
    }

    private func isWhole(_ message: Message, of parts: Set<Part>) -> Bool {
        let body = message.payload
        // A group's responses come as they are if nobody fetches the rest.
        if let block = message.options.block2 {
            return parts.contains(Part(offset: block.offset, isMore: block.isMore, payload: body))
        }
        var reached: Set<Int> = [0]
        var open = [0]
        while let offset = open.popLast() {
            for part in parts where part.offset == offset {
                let end = offset + part.payload.count
                guard end <= body.count, body[offset..<end].elementsEqual(part.payload) else { continue }
                if !part.isMore {
                    if end == body.count { return true }
                } else if reached.insert(end).inserted {
                    open.append(end)
                }
            }
        }
        return false
    }
}
