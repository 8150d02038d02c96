/// What an administrator may do with groups: the `Tperm` bits of draft-ietf-ace-oscore-gm-admin §3.
public struct AdminPermissions: OptionSet, Hashable, Sendable {
    /// The bits as on the wire; bit 0 is set in every admin entry. Unknown bits are kept.
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    // GM-0006
    /// Sees that groups exist; part of every admin entry.
    public static let list = Self(rawValue: 1)
    /// Makes groups.
    public static let create = Self(rawValue: 2)
    /// Reads configurations.
    public static let read = Self(rawValue: 4)
    /// Changes configurations.
    public static let write = Self(rawValue: 8)
    /// Deletes groups.
    public static let delete = Self(rawValue: 16)

    /// All of them.
    public static let all: Self = [.list, .create, .read, .write, .delete]
}
