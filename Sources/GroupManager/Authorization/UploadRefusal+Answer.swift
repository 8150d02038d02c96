import CoAP
import CoAPEngine

extension UploadRefusal {
    /// What the client is told: a Code, and nothing of the token.
    var answer: ResourceResponse {
        switch self {
        case .contentFormat: ResourceResponse(.unsupportedContentFormat)
        // GM-0043
        case .malformed, .malformedToken, .unknownScope, .incomplete, .materialTaken, .unsupported:
            ResourceResponse(.badRequest)
        // GM-0041
        case .notAuthentic, .foreignIssuer, .expired, .staleNonce, .revoked, .otherKey, .unproven:
            ResourceResponse(.unauthorized)
        case .foreignAudience: ResourceResponse(.forbidden)
        case .tooOften: ResourceResponse(.tooManyRequests)
        }
    }
}
