import CBOR

/// The claim `scope` of a token, decoded only when it is asked for: what else is wrong with the token comes first
/// (draft-ietf-ace-key-groupcomm-oscore §3, GM-0042).
public struct ScopeClaim: Hashable, Sendable {
    private let item: CBORValue

    /// Makes the claim of a scope.
    ///
    /// - Parameter isExtended: Whether the tag ``AuthorizationScope/extendedTag`` says what the byte string holds.
    public init(_ scope: AuthorizationScope, isExtended: Bool = false) {
        self.init(content: scope.encoded(), isExtended: isExtended)
    }

    /// Makes the claim of a scope that is encoded already.
    public init(content: [UInt8], isExtended: Bool = false) {
        item = isExtended ? .tagged(AuthorizationScope.extendedTag, .bytes(content)) : .bytes(content)
    }

    init(_ value: CBORValue) {
        item = value
    }

    var value: CBORValue { item }

    /// The content of the byte string, as received; `nil` for a claim that is none, or has another tag.
    public var content: [UInt8]? {
        switch item {
        case .bytes(let content): content
        // GM-0014
        case .tagged(AuthorizationScope.extendedTag, .bytes(let content)): content
        // GM-0011: a text is the scope of other profiles.
        default: nil
        }
    }

    /// The scope.
    ///
    /// - Throws: ``GroupcommError/invalid(_:)`` with the label of `scope`, 9.
    public func scope() throws(GroupcommError) -> AuthorizationScope {
        guard let content else { throw .invalid(TokenClaimLabel.scope.rawValue) }
        return try AuthorizationScope(decoding: content.span)
    }
}
