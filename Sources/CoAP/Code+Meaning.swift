extension Code {
    /// What the registries call it, such as `Content` or `Not Found`; the class alone for a code that is unknown here.
    public var meaning: String {
        if let meaning = Self.meanings[rawValue] { return meaning }
        return switch `class` {
        case 0: "Request"
        case 2: "Success"
        case 4: "Client Error"
        case 5: "Server Error"
        case 7: "Signalling"
        default: "Reserved"
        }
    }

    private static let meanings: [UInt8: String] = [
        0x00: "Empty", 0x01: "GET", 0x02: "POST", 0x03: "PUT", 0x04: "DELETE", 0x05: "FETCH", 0x06: "PATCH",
        0x07: "iPATCH", 0x41: "Created", 0x42: "Deleted", 0x43: "Valid", 0x44: "Changed", 0x45: "Content",
        0x5f: "Continue", 0x80: "Bad Request", 0x81: "Unauthorized", 0x82: "Bad Option", 0x83: "Forbidden",
        0x84: "Not Found", 0x85: "Method Not Allowed", 0x86: "Not Acceptable", 0x88: "Request Entity Incomplete",
        0x89: "Conflict", 0x8c: "Precondition Failed", 0x8d: "Request Entity Too Large",
        0x8f: "Unsupported Content-Format", 0x96: "Unprocessable Entity", 0x9d: "Too Many Requests",
        0xa0: "Internal Server Error", 0xa1: "Not Implemented", 0xa2: "Bad Gateway", 0xa3: "Service Unavailable",
        0xa4: "Gateway Timeout", 0xa5: "Proxying Not Supported", 0xa8: "Hop Limit Reached",
    ]
}
