/// A label of the IANA registry "OSCORE Security Context Parameters": the keys of the `key` map.
public struct InputMaterialLabel: Hashable, Sendable {
    /// The registered integer.
    public let rawValue: Int64

    /// Creates a label from its number. Any number is accepted.
    public init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    // GM-0377: the numbers of the registry.
    public static let id = Self(0)
    public static let version = Self(1)
    public static let ms = Self(2)
    public static let hkdf = Self(3)
    public static let alg = Self(4)
    public static let salt = Self(5)
    public static let contextID = Self(6)
    public static let groupSenderID = Self(7)
    public static let credFmt = Self(8)
    public static let gpEncAlg = Self(9)
    public static let signAlg = Self(10)
    public static let signParams = Self(11)
    public static let ecdhAlg = Self(12)
    public static let ecdhParams = Self(13)
}

extension InputMaterialLabel: WireLabel {}
