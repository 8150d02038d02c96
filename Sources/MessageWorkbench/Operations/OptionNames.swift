import CoAP

extension OptionNumber {
    /// The registered name, or the number.
    var name: String {
        switch self {
        case .ifMatch: "If-Match"
        case .uriHost: "Uri-Host"
        case .eTag: "ETag"
        case .ifNoneMatch: "If-None-Match"
        case .observe: "Observe"
        case .uriPort: "Uri-Port"
        case .locationPath: "Location-Path"
        case .oscore: "OSCORE"
        case .uriPath: "Uri-Path"
        case .contentFormat: "Content-Format"
        case .maxAge: "Max-Age"
        case .uriQuery: "Uri-Query"
        case .hopLimit: "Hop-Limit"
        case .accept: "Accept"
        case .qBlock1: "Q-Block1"
        case .locationQuery: "Location-Query"
        case .edhoc: "EDHOC"
        case .block2: "Block2"
        case .block1: "Block1"
        case .size2: "Size2"
        case .qBlock2: "Q-Block2"
        case .proxyUri: "Proxy-Uri"
        case .proxyScheme: "Proxy-Scheme"
        case .size1: "Size1"
        case .echo: "Echo"
        case .noResponse: "No-Response"
        case .requestTag: "Request-Tag"
        default: String(rawValue)
        }
    }
}
