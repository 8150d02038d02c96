internal import CoAP

extension RequestServer {
    /// What a handler answered, or 5.00 if it may not answer that (RFC 7252 §5.9).
    ///
    /// - Parameter resource: What was asked; `nil` where there was none.
    mutating func properAnswer(
        _ response: ResourceResponse, to method: Code, of resource: ResourceProperties? = nil
    ) -> ResourceResponse {
        let isContentForPost =
            resource?.answersPostWithContent == true && method == .post && response.code == .content
        guard isContentForPost || Self.isProper(response, to: method) else {
            counters.improperAnswers += 1
            return ResourceResponse(.internalServerError)
        }
        var answer = response
        for number in [OptionNumber.observe, .block1, .block2, .size2] { answer.options.remove(number) }
        // COAP-0070
        if answer.code == .valid { answer.payload = [] }
        // COAP-0072: bytes that are no text are no diagnostic.
        if answer.code.isError, answer.options.contentFormat == nil,
            String(validating: answer.payload, as: UTF8.self) == nil
        {
            counters.improperAnswers += 1
            answer.payload = []
        }
        return answer
    }

    /// COAP-0070: which success fits which method.
    private static func isProper(_ response: ResourceResponse, to method: Code) -> Bool {
        switch response.code {
        case .created: [.post, .put, .patch, .iPatch].contains(method)
        case .deleted: [.delete, .post].contains(method)
        case .valid: [.get, .fetch].contains(method) && response.options.eTag != nil
        case .changed: [.post, .put, .patch, .iPatch].contains(method)
        // RFC 9594 §4.8.2.1: what a POST asked for is in its answer.
        case .content: [.get, .fetch, .post].contains(method)
        case .continue: false
        default: response.code.isSuccess || response.code.isError
        }
    }
}
