import Bytes
import COSE
public import CoAP
import CryptoPrimitives

extension SecurityContext {
    // OSC-0077: RFC 8613 §8.1, step by step.
    /// Protects a request with the next Partial IV.
    ///
    /// - Parameters:
    ///   - code: The Code of the request.
    ///   - body: Its options and payload.
    ///   - output: Receives the protected body: outer options, 0xff, ciphertext. Unchanged on error.
    /// - Returns: The outer Code and what binds the response.
    public func protectRequest(
        code: Code, body: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: RequestBinding) {
        try protectRequest(code: code, body: body, partialIV: state.reservation.take(), into: &output)
    }

    /// Protects a request with a Partial IV that the caller vouches for. Only for tests, vectors and `gosc message`.
    package func protectRequest(
        code: Code, body: Span<UInt8>, partialIV: PartialIV, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: RequestBinding) {
        let binding = RequestBinding(kid: senderID, partialIV: partialIV)
        let idContext = self.idContext
        // OSC-0055: Partial IV and kid are in every request; the kid context wherever there is an ID Context.
        state.optionValue.fill(OSCOREOption.maximumCount) { value in
            OSCOREOption.write(
                isGroupMode: false, partialIV: partialIV, kidContext: idContext?.span, kid: senderID, into: &value)
        }
        let observes = try state.seal(
            code: code, body: body, producer: senderID, partialIV: partialIV, binding: binding, into: &output)
        return (observes ? .fetch : .post, binding)
    }

    // RFC 8613 §8.3
    /// Protects a response.
    ///
    /// - Parameters:
    ///   - code: The Code of the response.
    ///   - body: Its options and payload.
    ///   - binding: The request's; its nonce is given away unless `usesOwnPartialIV`.
    ///   - usesOwnPartialIV: Needed for every response but the first, and for notifications.
    ///   - output: Receives the protected body. Unchanged on error.
    /// - Returns: The outer Code.
    public func protectResponse(
        code: Code, body: Span<UInt8>, to binding: inout RequestBinding, usesOwnPartialIV: Bool = false,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        let partialIV: PartialIV?
        if usesOwnPartialIV {
            partialIV = try state.reservation.take()
        } else {
            try binding.takeRequestNonce()
            partialIV = nil
        }
        return try protectResponse(code: code, body: body, to: binding, partialIV: partialIV, into: &output)
    }

    /// Protects a response with a Partial IV that the caller vouches for.
    package func protectResponse(
        code: Code, body: Span<UInt8>, to binding: RequestBinding, partialIV: PartialIV?,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        // OSC-0086: a Partial IV is included exactly if a new one was used. OSC-0057: no kid context in responses.
        state.optionValue.fill(OSCOREOption.maximumCount) { value in
            OSCOREOption.write(isGroupMode: false, partialIV: partialIV, kidContext: nil, kid: nil, into: &value)
        }
        let observes = try state.seal(
            code: code, body: body, producer: partialIV == nil ? binding.kid : senderID,
            partialIV: partialIV ?? binding.partialIV, binding: binding, into: &output)
        return observes ? .content : .changed
    }
}
