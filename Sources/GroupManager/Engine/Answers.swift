import ACEGroupcomm
import CoAP
import CoAPEngine

extension ResourceResponse {
    /// An error that carries problem details (Content-Format 257).
    static func problem(
        _ code: Code, _ error: GroupcommErrorID? = nil, detail: String? = nil, retryAfter seconds: UInt32? = nil
    ) -> Self {
        var response =
            error == nil && detail == nil
            ? Self(code) : Self(code, .problemDetails, ProblemDetails(error: error, detail: detail).encoded())
        // GM-0367
        response.options.maxAge = seconds
        return response
    }

    /// A 2.xx or 4.00 that carries a map of Content-Format 261.
    static func groupcomm(_ code: Code, _ payload: [UInt8]) -> Self {
        Self(code, .aceGroupcomm, payload)
    }

    /// A message of Content-Format 19.
    static func ace(_ code: Code, _ payload: [UInt8]) -> Self {
        Self(code, .ace, payload)
    }
}

extension AdminResponse {
    static func problem(_ code: Code, _ error: GroupcommErrorID? = nil, detail: String) -> AdminResponse {
        AdminResponse(code: code, payload: ProblemDetails(error: error, detail: detail).encoded())
    }
}
