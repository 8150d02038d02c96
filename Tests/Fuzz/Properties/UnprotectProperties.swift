import Bytes
import CoAP
import OSCORE

/// What holds for verifying and decrypting.
///
/// The first byte of an input says what is done with the rest: a message as it would arrive, or a plain message that is
/// protected first and then altered in one byte. Without the second form nothing behind the cryptography would be reached.
enum UnprotectProperties {
    static func check(_ input: Span<UInt8>, _ pair: some ProtectedPair) throws(Violation) {
        var reader = ByteReader(input)
        guard let selector = reader.readByte() else { return }
        let isResponse = selector & 1 != 0
        if selector & 2 == 0 {
            // Genuine only if it is a vector; otherwise there is nothing to expect but that it ends well.
            _ = isResponse ? pair.verifyResponse(reader.rest) : pair.verifyRequest(reader.rest)
            return
        }
        guard let code = reader.readByte(), let position = reader.readByte(), let change = reader.readByte(),
            let plain = try? Message(code: Code(rawValue: code), body: reader.rest)
        else { return }
        guard !isResponse || exchange(pair) else { throw Violation(property: "a plain GET is verified") }
        guard let protected = isResponse ? pair.protectResponse(plain) : pair.protectRequest(plain) else { return }
        let genuine = protected.body
        var altered = genuine
        altered[Int(position) % altered.count] ^= change
        let outcome = isResponse ? pair.verifyResponse(altered.span) : pair.verifyRequest(altered.span)
        try judge(outcome, plain: plain, isUntouched: genuine == altered, isResponse: isResponse)
        if case .verified = outcome {
            try hold(
                isProtectedPartEqual(genuine, altered, mayName: isResponse ? pair.responderInName : nil),
                "option value and payload cannot be altered")
        }
        if !isResponse, case .verified = outcome {
            try hold(pair.verifyRequest(altered.span) == .replay, "a request is accepted once")
        }
    }

    /// Gives both ends a request that a response can be bound to.
    private static func exchange(_ pair: some ProtectedPair) -> Bool {
        guard let body = pair.protectRequest(Message(code: .get))?.body else { return false }
        let outcome = pair.verifyRequest(body.span)
        return outcome == .verified(Message(code: .get))
    }

    private static func judge(
        _ outcome: Outcome, plain: Message, isUntouched: Bool, isResponse: Bool
    ) throws(Violation) {
        let hasRightCode = isResponse ? plain.code.isResponse : plain.code.isRequest
        guard case .verified(let message) = outcome else {
            try hold(!isUntouched || !hasRightCode, "a genuine message is verified")
            return
        }
        try hold(hasRightCode, "requests are requests and responses are responses")
        try hold(message.code == plain.code && message.payload == plain.payload, "Code and payload are the sender's")
        try hold(encrypted(message) == encrypted(plain), "Class E options are the sender's")
        if isUntouched { try hold(message == plain, "an untouched message comes back as it was") }
    }

    /// The options that travel encrypted. The others come from the outer message, where anybody can add and alter them.
    private static func encrypted(_ message: Message) -> Options {
        var options = Options()
        message.options.forEach { number, value in
            if ![.uriHost, .uriPort, .proxyUri, .proxyScheme, .hopLimit, .edhoc].contains(number) {
                options.append(number, [UInt8](copying: value))
            }
        }
        return options
    }

    private static func isProtectedPartEqual(_ genuine: [UInt8], _ altered: [UInt8], mayName name: SenderID?) -> Bool {
        guard let genuine = try? ProtectedMessage(genuine.span), let altered = try? ProtectedMessage(altered.span),
            [UInt8](copying: genuine.payload) == [UInt8](copying: altered.payload)
        else { return false }
        if [UInt8](copying: genuine.optionValue) == [UInt8](copying: altered.optionValue) { return true }
        guard let name, let kid = altered.option.kid else { return false }
        return name.matches(kid) && genuine.option.partialIV == altered.option.partialIV
    }
}
