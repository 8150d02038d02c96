public import CoAP

/// A whole request as a resource sees it: of several blocks, if there were several.
///
/// Only the engine makes one, out of a request that has passed its protection; every block of the body came from the
/// same peer.
public struct ResourceRequest<Verified: RequestProperties>: RequestProperties {
    /// The message that completed the request, as its protection verified it.
    public let verified: Verified
    /// The options, without those of block-wise transfer.
    public let options: Options
    /// The whole body.
    public let payload: [UInt8]
    /// The way that the message took.
    public let path: DatagramPath
    /// Who sent it.
    public let peer: PeerIdentity

    public var code: Code { verified.code }

    /// Puts a request together.
    package init(verified: Verified, options: Options, payload: [UInt8], path: DatagramPath, peer: PeerIdentity) {
        self.verified = verified
        self.options = options
        self.payload = payload
        self.path = path
        self.peer = peer
    }
}
