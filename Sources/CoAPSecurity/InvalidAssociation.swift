/// Why a security association cannot be used.
public struct InvalidAssociation: Error, Hashable, Sendable {
    /// In words; no key stands in it.
    public let reason: String

    /// Says why.
    public init(_ reason: String) {
        self.reason = reason
    }
}
