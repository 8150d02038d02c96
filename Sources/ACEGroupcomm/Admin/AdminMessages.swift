import CBOR
public import CoAP

/// A request to the administration of a manager as it travels over the local socket: a CBOR array
/// `[code, [path segments], payload]`.
public struct AdminRequest: Hashable, Sendable {
    public var code: Code
    /// The path of the resource, one segment an element.
    public var path: [String]
    /// The body, CBOR; empty if there is none.
    public var payload: [UInt8]

    public init(code: Code, path: [String], payload: [UInt8] = []) {
        self.code = code
        self.path = path
        self.payload = payload
    }

    /// Decodes a frame.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` for any
    ///   other item than such an array.
    public init(decoding frame: Span<UInt8>) throws(GroupcommError) {
        guard let parts = try CBORValue.decode(frame).arrayItems, parts.count == 3, let code = Code(value: parts[0]),
            let path = parts[1].texts, let payload = parts[2].byteString
        else { throw .wrongShape }
        self.init(code: code, path: path, payload: payload)
    }

    /// The frame in deterministic CBOR.
    public func encoded() -> [UInt8] {
        CBORValue.array([.unsigned(UInt64(code.rawValue)), .array(path.map { .text($0) }), .bytes(payload)]).encoded()
    }
}

/// The answer to an ``AdminRequest``: a CBOR array `[code, payload]`. Errors carry ``ProblemDetails``.
public struct AdminResponse: Hashable, Sendable {
    public var code: Code
    /// The body; may hold a secret (an invitation).
    public var payload: [UInt8]

    public init(code: Code, payload: [UInt8] = []) {
        self.code = code
        self.payload = payload
    }

    /// Decodes a frame.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` for any
    ///   other item than such an array.
    public init(decoding frame: Span<UInt8>) throws(GroupcommError) {
        guard let parts = try CBORValue.decode(frame).arrayItems, parts.count == 2, let code = Code(value: parts[0]),
            let payload = parts[1].byteString
        else { throw .wrongShape }
        self.init(code: code, payload: payload)
    }

    /// The frame in deterministic CBOR.
    public func encoded() -> [UInt8] {
        CBORValue.array([.unsigned(UInt64(code.rawValue)), .bytes(payload)]).encoded()
    }
}

extension AdminResponse: CustomStringConvertible, CustomReflectable {
    public var description: String { "<\(code), \(payload.count) bytes>" }

    /// Nothing: a dump shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension Code {
    fileprivate init?(value: CBORValue) {
        guard let number = value.unsignedInteger, let byte = UInt8(exactly: number) else { return nil }
        self.init(rawValue: byte)
    }
}
