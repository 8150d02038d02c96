public import CoAP
public import OSCORE

// Whole messages in place of spans.
extension GroupContext {
    /// Protects a request in group mode as ``protectGroupRequest(code:body:into:)`` does; splits a Proxy-Uri before.
    ///
    /// - Throws: What ``protectGroupRequest(code:body:into:)`` throws.
    public func protectRequest(_ request: Message) throws(ProtectionError) -> (Message, GroupRequestBinding) {
        let (encoded, binding) = try protectedRequest(request, in: .group)
        return (try encoded.message(), binding)
    }

    /// Protects a request in pairwise mode as ``protectPairwiseRequest(code:body:to:into:)`` does; splits a Proxy-Uri
    /// before.
    ///
    /// - Throws: What ``protectPairwiseRequest(code:body:to:into:)`` throws.
    public func protectRequest(
        _ request: Message, to recipientID: SenderID
    ) throws(ProtectionError) -> (Message, GroupRequestBinding) {
        let (encoded, binding) = try protectedRequest(request, in: .pairwise(with: recipientID))
        return (try encoded.message(), binding)
    }

    /// Protects a request in a mode, as it is sent.
    package func protectedRequest(
        _ request: Message, in mode: RequestMode
    ) throws(ProtectionError) -> (EncodedMessage, GroupRequestBinding) {
        let plain = try ProxyURI.split(request).body
        return try encoded(plain.count) { output throws(ProtectionError) in
            let result =
                switch mode {
                case .group: try protectGroupRequest(code: request.code, body: plain.span, into: &output)
                case .pairwise(let recipientID):
                    try protectPairwiseRequest(code: request.code, body: plain.span, to: recipientID, into: &output)
                }
            return (result.outerCode, result.binding)
        }
    }

    /// Protects a response in group mode as ``protectGroupResponse(code:body:to:usesOwnPartialIV:into:)`` does.
    ///
    /// - Throws: What ``protectGroupResponse(code:body:to:usesOwnPartialIV:into:)`` throws.
    public func protectResponse(
        _ response: Message, to binding: inout GroupRequestBinding, usesOwnPartialIV: Bool = false
    ) throws(ProtectionError) -> Message {
        try protectedResponse(response, to: &binding, isGroupMode: true, usesOwnPartialIV: usesOwnPartialIV).message()
    }

    /// Protects a response in pairwise mode as ``protectPairwiseResponse(code:body:to:usesOwnPartialIV:into:)`` does.
    ///
    /// - Throws: What ``protectPairwiseResponse(code:body:to:usesOwnPartialIV:into:)`` throws.
    public func protectPairwiseResponse(
        _ response: Message, to binding: inout GroupRequestBinding, usesOwnPartialIV: Bool = false
    ) throws(ProtectionError) -> Message {
        try protectedResponse(response, to: &binding, isGroupMode: false, usesOwnPartialIV: usesOwnPartialIV).message()
    }

    /// Protects a response in a mode, as it is sent.
    package func protectedResponse(
        _ response: Message, to binding: inout GroupRequestBinding, isGroupMode: Bool, usesOwnPartialIV: Bool = false
    ) throws(ProtectionError) -> EncodedMessage {
        let plain = response.body
        return try encoded(plain.count) { output throws(ProtectionError) in
            let code =
                if isGroupMode {
                    try protectGroupResponse(
                        code: response.code, body: plain.span, to: &binding, usesOwnPartialIV: usesOwnPartialIV,
                        into: &output)
                } else {
                    try protectPairwiseResponse(
                        code: response.code, body: plain.span, to: &binding, usesOwnPartialIV: usesOwnPartialIV,
                        into: &output)
                }
            return (code, ())
        }.0
    }

    /// Makes a message of what `protect` writes.
    func collect<Extra>(
        _ plainCount: Int,
        _ protect: (inout OutputSpan<UInt8>) throws(ProtectionError) -> (outerCode: Code, extra: Extra)
    ) throws(ProtectionError) -> (Message, Extra) {
        let (encoded, extra) = try encoded(plainCount, protect)
        return (try encoded.message(), extra)
    }

    private func encoded<Extra>(
        _ plainCount: Int,
        _ protect: (inout OutputSpan<UInt8>) throws(ProtectionError) -> (outerCode: Code, extra: Extra)
    ) throws(ProtectionError) -> (EncodedMessage, Extra) {
        var result: (outerCode: Code, extra: Extra)?
        let body = try [UInt8](capacity: plainCount + Self.maximumExpansion) { output throws(ProtectionError) in
            result = try protect(&output)
        }
        guard let result else { throw .malformedMessage }
        return (EncodedMessage(code: result.outerCode, body: body), result.extra)
    }
}
