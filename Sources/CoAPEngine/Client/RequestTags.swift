internal import Bytes
internal import CoAP

/// Which resource of which peer: server, path and query, whatever the method.
internal struct ResourceKey: Hashable, Sendable {
    let peer: PeerIdentity
    let uri: Options

    init(peer: PeerIdentity, options: Options) {
        self.peer = peer
        var uri = Options()
        options.forEach { number, value in
            switch number {
            case .uriHost, .uriPort, .uriPath, .uriQuery, .proxyUri, .proxyScheme:
                uri.append(number, Array(copying: value))
            default: break
            }
        }
        self.uri = uri
    }
}

/// Hands out Request-Tags so that a server never takes blocks of two uploads for one (RFC 9175 §3.5.1).
///
/// A tag never comes twice. Only its absence can: that is permitted without a security association, where nobody counts
/// on the integrity of a body, and while no upload without tag on the same resource is under way or unfinished. With an
/// association every upload has a tag, also because nothing is known of uploads before a restart.
internal struct RequestTags: Sendable {
    enum Tag: Hashable, Sendable {
        case absent
        case value([UInt8])

        func write(to options: inout Options) {
            guard case .value(let bytes) = self else { return }
            options.requestTags = [bytes]
        }
    }

    private var next: UInt64?
    /// Resources for which the absence of a tag is in use, or burnt by an upload that ended without its last answer.
    private var untagged: Set<ResourceKey> = []
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 0)
    }

    /// - Parameter isAnother: Whether the upload takes the place of one that the server has lost.
    mutating func open(
        _ resource: ResourceKey, isAnother: Bool, random: inout some RandomNumberGenerator
    ) -> Tag {
        // COAP-0170, COAP-0203
        if !isAnother, case .endpoint = resource.peer, untagged.count < capacity, untagged.insert(resource).inserted {
            return .absent
        }
        // 8 bytes from a random start: after a restart they are others.
        let number = next ?? UInt64.random(in: .min ... .max, using: &random)
        next = number &+ 1
        return .value((0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) })
    }

    /// - Parameter isConcluded: Whether all messages with the tag have been answered.
    mutating func close(_ tag: Tag, of resource: ResourceKey, isConcluded: Bool) {
        guard tag == .absent, isConcluded else { return }
        untagged.remove(resource)
    }
}
