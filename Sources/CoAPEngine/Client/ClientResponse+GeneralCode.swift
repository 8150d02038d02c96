public import CoAP

extension ClientResponse {
    /// The response code, or the general one of its class if it is not registered: 2.00, 4.00 or 5.00 (RFC 7252 §5.9).
    public var generalCode: Code {
        // COAP-0008
        Self.registered.contains(message.code) ? message.code : Code(class: message.code.class, detail: 0)
    }

    private static let registered: Set<Code> = [
        .created, .deleted, .valid, .changed, .content, .continue, .badRequest, .unauthorized, .badOption, .forbidden,
        .notFound, .methodNotAllowed, .notAcceptable, .requestEntityIncomplete, .conflict, .preconditionFailed,
        .requestEntityTooLarge, .unsupportedContentFormat, .unprocessableEntity, .tooManyRequests,
        .internalServerError, .notImplemented, .badGateway, .serviceUnavailable, .gatewayTimeout,
        .proxyingNotSupported, .hopLimitReached,
    ]
}
