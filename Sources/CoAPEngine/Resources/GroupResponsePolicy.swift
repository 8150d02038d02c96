public import CoAP

/// Which answers to a group request are sent at all (RFC 10020 §3.1.2). The rest meets silence.
public struct GroupResponsePolicy: Hashable, Sendable {
    /// Whether 2.xx is kept back.
    public var suppressesSuccess = false
    /// Whether 2.05 without payload is kept back: "nothing matches" is no news to whoever asked many.
    public var suppressesEmptyResults = true
    /// Whether 4.xx is kept back.
    public var suppressesClientErrors = true
    /// Whether 5.xx is kept back.
    public var suppressesServerErrors = true
    /// Whether the No-Response option of a verified client overrides the four above (COAP-0186).
    public var honoursNoResponse = false

    /// Errors and empty results are kept back, other success is not (COAP-0089).
    public init() {}

    /// Whether an answer is sent.
    ///
    /// - Parameters:
    ///   - code: Of the answer. All codes of a class are treated alike (COAP-0090).
    ///   - isEmptyResult: Whether it is a success that says that there is nothing.
    ///   - noResponse: The value of the client's No-Response option; `nil` without one.
    ///   - isVerified: Whether the client has been verified; if not, the option can only ask for more silence.
    public func permits(_ code: Code, isEmptyResult: Bool = false, noResponse: UInt8?, isVerified: Bool) -> Bool {
        let suppressed =
            switch code.class {
            case 2: suppressesSuccess || isEmptyResult && suppressesEmptyResults
            case 4: suppressesClientErrors
            case 5: suppressesServerErrors
            default: true
            }
        guard let noResponse, honoursNoResponse || !isVerified else { return !suppressed }
        let isUnwanted = NoResponse.suppresses(code, noResponse)
        // COAP-0187
        return isVerified ? !isUnwanted : !suppressed && !isUnwanted
    }
}

/// The No-Response option (RFC 7967 §2).
public enum NoResponse: Sendable {
    /// Whether the client does not want an answer with this code. Bits without meaning are ignored (COAP-0185).
    public static func suppresses(_ code: Code, _ value: UInt8) -> Bool {
        // COAP-0183
        (2...5).contains(code.class) && value & (1 << (code.class - 1)) != 0 && code.class != 3
    }
}
