import CoAP
import CoAPEngine
import CoAPSecurity

extension EndpointSecurity {
    /// Protects a request that opens an exchange.
    mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity
    ) throws(ProtectionRefusal) -> (EncodedMessage, SecuredRequestBinding) {
        try protectRequest(request, for: peer, continuing: nil, at: MonotonicInstant(nanoseconds: 0))
    }

    mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout SecuredRequestBinding
    ) -> SecuredResponse? {
        verifyResponse(response, to: &binding, at: MonotonicInstant(nanoseconds: 0))
    }
}
