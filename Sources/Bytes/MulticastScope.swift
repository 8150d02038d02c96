/// How far a multicast address reaches: the last four bits of its second byte (RFC 4291 §2.7, RFC 7346).
public struct MulticastScope: Hashable, Comparable, Sendable {
    /// 0 to 15. Values without a name are kept.
    public let rawValue: UInt8

    /// Takes 0 to 15; `nil` for more.
    public init?(rawValue: UInt8) {
        guard rawValue < 16 else { return nil }
        self.rawValue = rawValue
    }

    private init(known rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// 1: this node only.
    public static let interfaceLocal = Self(known: 1)
    /// 2: one link.
    public static let linkLocal = Self(known: 2)
    /// 3: one network of a technology, such as all hops of a mesh.
    public static let realmLocal = Self(known: 3)
    /// 4: what somebody has configured as one area.
    public static let adminLocal = Self(known: 4)
    /// 5: one site, such as a building.
    public static let siteLocal = Self(known: 5)
    /// 8: several sites of one organisation.
    public static let organizationLocal = Self(known: 8)
    /// 14: everywhere.
    public static let global = Self(known: 14)

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension MulticastScope: CustomStringConvertible {
    /// `link-local`, `site-local` and so on; `scope 6` for a value without a name.
    public var description: String {
        switch self {
        case .interfaceLocal: "interface-local"
        case .linkLocal: "link-local"
        case .realmLocal: "realm-local"
        case .adminLocal: "admin-local"
        case .siteLocal: "site-local"
        case .organizationLocal: "organization-local"
        case .global: "global"
        default: "scope \(rawValue)"
        }
    }
}
