import Bytes
import CBOR
public import COSE

/// The OSCORE_Input_Material object: what client and manager get from the authorization server to derive their Security
/// Context (RFC 9203 §3.2.1).
///
/// Holds the Master Secret. Whoever decodes or builds one calls ``wipe()`` when done.
public struct OSCOREInputMaterial: Hashable, Sendable {
    /// Names the object, and with it the client, at the manager.
    public let id: [UInt8]
    /// The OSCORE version; `nil` means 1.
    public let version: UInt64?
    /// Secret; 16 bytes from our own manager.
    public private(set) var masterSecret: [UInt8]
    /// `nil` means HKDF SHA-256.
    public let hkdf: HKDFAlgorithm?
    /// `nil` means AES-CCM-16-64-128.
    public let algorithm: AEADAlgorithm?
    /// The input salt; always there from our own manager.
    public let salt: [UInt8]?
    /// The ID Context; `nil` means none.
    public let contextID: [UInt8]?

    public init(
        id: [UInt8], version: UInt64? = nil, masterSecret: [UInt8], hkdf: HKDFAlgorithm? = nil,
        algorithm: AEADAlgorithm? = nil, salt: [UInt8]? = nil, contextID: [UInt8]? = nil
    ) {
        self.id = id
        self.version = version
        self.masterSecret = masterSecret
        self.hkdf = hkdf
        self.algorithm = algorithm
        self.salt = salt
        self.contextID = contextID
    }

    /// Overwrites the Master Secret.
    public mutating func wipe() {
        masterSecret.wipe()
    }

    init(_ value: CBORValue) throws(GroupcommError) {
        let map = try WireMap<InputMaterialLabel>(value)
        // GM-0022
        id = try map.required(.id, \.byteString)
        masterSecret = try map.required(.ms, \.byteString)
        guard !masterSecret.isEmpty else { throw .invalid(InputMaterialLabel.ms.rawValue) }
        version = try map.optional(.version, \.unsignedInteger)
        hkdf = try map.optional(.hkdf, \.algorithmNumber).map(HKDFAlgorithm.init(rawValue:))
        algorithm = try map.optional(.alg, \.algorithmNumber).map(AEADAlgorithm.init(rawValue:))
        salt = try map.optional(.salt, \.byteString)
        contextID = try map.optional(.contextID, \.byteString)
    }

    var value: CBORValue {
        var map = WireMap<InputMaterialLabel>()
        map[.id] = .bytes(id)
        map[.version] = version.map { .unsigned($0) }
        map[.ms] = .bytes(masterSecret)
        map[.hkdf] = hkdf.map { CBORValue($0.rawValue) }
        map[.alg] = algorithm.map { CBORValue($0.rawValue) }
        map[.salt] = salt.map { .bytes($0) }
        map[.contextID] = contextID.map { .bytes($0) }
        return map.value
    }
}

extension OSCOREInputMaterial {
    /// Decodes an object that stands alone. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` without `id` or `ms`; ``GroupcommError/wrongType(_:)`` for one of
    ///   another type; ``GroupcommError/invalid(_:)`` for an empty Master Secret.
    public init(decoding bytes: Span<UInt8>) throws(GroupcommError) {
        try self.init(CBORValue.decode(bytes))
    }

    /// The object in deterministic CBOR. Contains the Master Secret.
    public func encoded() -> [UInt8] {
        value.encoded()
    }

    /// The Master Salt of the Security Context between client and manager: `salt | N1 | N2`, each as a CBOR byte string
    /// with its head (RFC 9203 §4.3).
    ///
    /// - Parameters:
    ///   - salt: The input salt; `nil` if the authorization server delivered none.
    ///   - nonce1: N1 of the upload.
    ///   - nonce2: N2 of the answer.
    public static func masterSalt(salt: [UInt8]?, nonce1: Span<UInt8>, nonce2: Span<UInt8>) -> [UInt8] {
        // GM-0036
        var masterSalt: [UInt8] = []
        if let salt = salt ?? (writesMissingSalt ? [] : nil) { CBOREncoding.write(bytes: salt.span, into: &masterSalt) }
        CBOREncoding.write(bytes: nonce1, into: &masterSalt)
        CBOREncoding.write(bytes: nonce2, into: &masterSalt)
        return masterSalt
    }

    /// Whether a missing input salt stands as an empty byte string in the Master Salt. RFC 9203 §4.3 does not say; other
    /// implementations leave it out.
    static let writesMissingSalt = false
}

extension OSCOREInputMaterial: CustomStringConvertible, CustomReflectable {
    public var description: String { "<OSCORE input material \(Hex.encode(id))>" }

    /// Nothing: a dump of a message shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
