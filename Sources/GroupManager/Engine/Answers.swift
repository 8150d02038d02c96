import ACEGroupcomm
import CoAP

extension Message {
    /// An error that carries problem details (Content-Format 257).
    static func problem(_ code: Code, _ error: GroupcommErrorID? = nil, detail: String? = nil) -> Message {
        guard error != nil || detail != nil else { return Message(code: code) }
        var options = Options()
        options.contentFormat = .problemDetails
        return Message(
            code: code, options: options, payload: ProblemDetails(error: error, detail: detail).encoded())
    }

    /// A 2.xx or 4.00 that carries a map of Content-Format 261.
    static func groupcomm(_ code: Code, _ payload: [UInt8]) -> Message {
        var options = Options()
        options.contentFormat = .aceGroupcomm
        return Message(code: code, options: options, payload: payload)
    }

    /// The unprotected error of RFC 8613 §8.2: a diagnostic text that must not be cached.
    /// An answer to somebody who may have forged his address: the Code alone, never longer than what was asked.
    static func unprotectedError(_ code: Code) -> Message {
        Message(code: code)
    }
}

extension AdminResponse {
    static func problem(_ code: Code, _ error: GroupcommErrorID? = nil, detail: String) -> AdminResponse {
        AdminResponse(code: code, payload: ProblemDetails(error: error, detail: detail).encoded())
    }
}
