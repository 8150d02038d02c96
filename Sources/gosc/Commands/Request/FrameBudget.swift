import CoAP

/// What fits one frame of a 6LoWPAN (RFC 10020 §3.9.2): fragments of multicast datagrams are lost together.
enum FrameBudget {
    /// Bytes of UDP payload beside the headers of an IEEE 802.15.4 frame of 127 bytes.
    static let payload = 80

    // COAP-0128
    /// A sentence if the request is longer, with header and Token as they will be sent.
    static func warning(_ request: Message) -> String? {
        let length = 4 + 8 + request.bodyLength
        guard length > payload else { return nil }
        return "the request has \(length) bytes, over the \(payload) that fit one 6LoWPAN frame; members may miss it"
    }
}
