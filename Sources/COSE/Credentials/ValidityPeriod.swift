/// When a credential is valid, in Unix seconds (RFC 5280 §4.1.2.5, RFC 8392 §3.1).
public struct ValidityPeriod: Hashable, Sendable {
    /// The first second; `nil` if there is none.
    public let notBefore: Int64?
    /// The last second; `nil` if the credential never expires. A claim `exp` names the second after it.
    public let notAfter: Int64?

    public init(notBefore: Int64? = nil, notAfter: Int64? = nil) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Valid for ever.
    public static let unlimited = Self()

    /// Checks a time.
    ///
    /// - Parameter time: Unix time, in seconds.
    /// - Throws: ``CredentialError/notYetValid`` or ``CredentialError/expired``.
    public func check(at time: Int64) throws(CredentialError) {
        if let notBefore, time < notBefore { throw .notYetValid }
        if let notAfter, time > notAfter { throw .expired }
    }
}
