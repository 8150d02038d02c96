public import CoAP

/// A whole request as a resource sees it: of several blocks, if there were several.
///
/// Only the engine makes one, out of a request that has passed its protection; every block of the body came from the
/// same peer.
public struct ResourceRequest<Verified: RequestProperties>: RequestProperties {
    /// The message that completed the request, as its protection verified it.
    public let verified: Verified
    /// The method. It is GET where the server itself asks for the state that a condition is about.
    public let code: Code
    /// The options, without those of block-wise transfer.
    public let options: Options
    /// The whole body; empty where the method has none (COAP-0071).
    public let payload: [UInt8]
    /// The way that the message took.
    public let path: DatagramPath
    /// Who sent it.
    public let peer: PeerIdentity

    /// Puts a request together.
    ///
    /// - Parameter code: `nil` for that of the message.
    package init(
        verified: Verified, code: Code? = nil, options: Options, payload: [UInt8], path: DatagramPath,
        peer: PeerIdentity
    ) {
        self.verified = verified
        self.code = code ?? verified.code
        self.options = options
        self.payload = payload
        self.path = path
        self.peer = peer
    }
}
