import Bytes
public import CBOR

/// The two buckets of header parameters of a COSE message, or of one of its recipients (RFC 9052 §3).
public struct COSEHeaders: Hashable, Sendable {
    /// What is authenticated.
    public let protected: CBORMap
    /// What is not.
    public let unprotected: CBORMap
    /// ``protected`` as received, for what is computed over it; empty for an empty map.
    public let protectedBytes: [UInt8]

    /// Creates headers; labels must not be in both buckets.
    public init(protected: CBORMap = CBORMap(), unprotected: CBORMap = CBORMap()) {
        self.protected = protected
        self.unprotected = unprotected
        self.protectedBytes = protected.isEmpty ? [] : CBORValue.map(protected).encoded()
    }

    /// Takes the first two items of a message.
    internal init(_ items: some Collection<CBORValue>) throws(COSEMessageError) {
        guard items.count >= 2, let serialized = items.first?.byteString,
            let unprotected = items.dropFirst().first?.mapValue
        else { throw .malformed }
        var protected = CBORMap()
        if !serialized.isEmpty {
            guard
                let map = (try? CBORValue(decodingAnyEncoding: serialized.span, maximumDepth: Self.maximumDepth))?
                    .mapValue
            else { throw .malformed }
            protected = map
        }
        // RFC 9052 §3: a label is in one of them.
        guard protected.keys.allSatisfy({ unprotected[key: $0] == nil }) else { throw .malformed }
        // RFC 9052 §3.1: what is critical has to be understood, and nothing beyond the common parameters is.
        guard protected[Label.critical] == nil else { throw .unsupported }
        guard unprotected[Label.critical] == nil else { throw .malformed }
        self.protected = protected
        self.unprotected = unprotected
        // RFC 9052 §4.4, §5.3: an empty map counts as an empty string, however it was sent.
        self.protectedBytes = protected.isEmpty ? [] : serialized
    }

    /// The first two items of a message.
    internal var items: [CBORValue] { [.bytes(protectedBytes), .map(unprotected)] }

    /// A parameter, from whichever bucket it is in.
    public subscript(label: Int64) -> CBORValue? { protected[label] ?? unprotected[label] }

    /// `alg`; `nil` unless it is an integer and protected.
    public var algorithm: Int? { protected[Label.algorithm]?.integer.flatMap { Int(exactly: $0) } }
    /// `kid`.
    public var keyID: [UInt8]? { self[Label.keyID]?.byteString }
    /// `IV`: the whole nonce.
    public var initializationVector: [UInt8]? { self[Label.initializationVector]?.byteString }

    /// The common header parameters (RFC 9052 §3.1), and those of key agreement (RFC 9053 §5.1, §6.3).
    internal enum Label {
        internal static let algorithm: Int64 = 1
        internal static let critical: Int64 = 2
        internal static let keyID: Int64 = 4
        internal static let initializationVector: Int64 = 5
        internal static let ephemeralKey: Int64 = -1
        internal static let salt: Int64 = -20
        internal static let partyUIdentity: Int64 = -21
        internal static let partyVIdentity: Int64 = -24
    }

    /// How deep headers and messages may be nested.
    internal static let maximumDepth = 8
}

extension CBORValue {
    /// The items of a COSE message, with its tag or without one.
    internal static func messageItems(_ value: CBORValue, tag: UInt64) throws(COSEMessageError) -> [CBORValue] {
        switch value {
        case .tagged(tag, .array(let items)), .array(let items): return items
        default: throw .malformed
        }
    }

    internal static func message(_ bytes: Span<UInt8>) throws(COSEMessageError) -> CBORValue {
        guard let value = try? CBORValue(decodingAnyEncoding: bytes, maximumDepth: COSEHeaders.maximumDepth) else {
            throw .malformed
        }
        return value
    }
}
