import Bytes
public import CryptoPrimitives

/// Authentication credentials of one encoding: what members keep of them and read in them, and what they refuse.
public struct CredentialVectors: Decodable, Sendable {
    /// One that is accepted.
    public struct Accepted: Decodable, Sendable, CustomStringConvertible {
        /// Its key; `y` on NIST curves only.
        public struct Key: Decodable, Equatable, Sendable {
            public let kind: String
            public let x: String
            public let y: String?
            /// Where it is known.
            public let `private`: String?

            public static func == (left: Self, right: Self) -> Bool {
                left.kind == right.kind && left.x == right.x && left.y == right.y
            }

            public init(_ key: PublicKey) {
                `private` = nil
                kind = key.kind.name.lowercased().replacing("-", with: "")
                switch key {
                case .ed25519(let key): (x, y) = (Hex.encode(key.bytes), nil)
                case .x25519(let key): (x, y) = (Hex.encode(key.bytes), nil)
                case .ec(let key): (x, y) = (Hex.encode(key.x), Hex.encode(key.y))
                }
            }
        }

        public let name: String
        public let format: Int
        public let input: String
        public let credential: String
        public let key: Key
        public let subject: String?
        public let issuer: String?
        public let notBefore: Int64?
        public let notAfter: Int64?

        public var description: String { name }
        /// Whether it came with others, in a chain or bag.
        public var isContainer: Bool {
            ["chain", "bag of 3", "bag with"].contains { name.hasPrefix($0) }
        }
        public var inputBytes: [UInt8] { Hex.decode(input) ?? [] }
        public var credentialBytes: [UInt8] { Hex.decode(credential) ?? [] }
    }

    /// One that is refused, and the case of the error.
    public struct Refused: Decodable, Sendable, CustomStringConvertible {
        public let name: String
        public let format: Int
        public let input: String
        public let reason: String

        public var description: String { name }
        public var inputBytes: [UInt8] { Hex.decode(input) ?? [] }
    }

    public let credentials: [Accepted]
    public let refused: [Refused]

    public static let c509 = load("c509")
    public static let cwt = load("cwt")
    public static let x509 = load("x509")

    /// Empty if there is no such file, which a test notices.
    private static func load(_ name: String) -> Self {
        (try? VectorFile.load("credentials/\(name)", convertsFromSnakeCase: true)) ?? Self(credentials: [], refused: [])
    }
}
