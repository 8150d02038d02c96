public import CBOR

/// Why bytes are not the message that they should be. Never carries bytes of the message.
public enum GroupcommError: Error, Hashable, Sendable {
    /// Not one well-formed CBOR item.
    case malformed(CBORError)
    /// A CBOR item of another major type than the message has.
    case wrongShape
    /// A required parameter is absent; its label.
    case missing(Int64)
    /// A parameter has another type than its label demands; its label.
    case wrongType(Int64)
    /// A parameter has the right type and a value that is not allowed; its label.
    case invalid(Int64)
    /// A parameter that may not be there, or that this implementation does not know, where unknown is an error; its label.
    case unexpected(Int64)
}

extension GroupcommError: CustomStringConvertible {
    /// One clause that names the parameter, fit for the `detail` of a problem details payload.
    public var description: String {
        switch self {
        case .malformed(let error): "not well-formed CBOR (\(error))"
        case .wrongShape: "not the CBOR type that this message has"
        case .missing(let label): "parameter \(label) is missing"
        case .wrongType(let label): "parameter \(label) has the wrong type"
        case .invalid(let label): "parameter \(label) has a value that is not allowed"
        case .unexpected(let label): "parameter \(label) is not allowed here"
        }
    }
}
