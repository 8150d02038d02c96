internal import Bytes
internal import CoAP

/// What makes two requests parts of one operation: the peer, the method, and the options of the cache key (RFC 7252
/// §5.6, RFC 7959 §2.4 and §2.5).
internal struct OperationKey: Hashable, Sendable {
    let peer: PeerIdentity
    let method: Code
    /// Encoded. Request-Tag is among them (COAP-0169).
    let options: [UInt8]

    init(peer: PeerIdentity, method: Code, options: Options) {
        var kept = Options()
        options.forEach { number, value in
            guard !number.isNoCacheKey, !Self.leftOut.contains(number) else { return }
            kept.append(number, [UInt8](copying: value))
        }
        self.peer = peer
        self.method = method
        self.options = kept.encoded
    }

    /// What may differ from block to block, and what no resource here depends on.
    private static let leftOut: Set<OptionNumber> = [
        .ifMatch, .ifNoneMatch, .eTag, .observe, .contentFormat, .hopLimit, .block1, .block2, .noResponse, .uriHost,
        .uriPort,
    ]
}
