public import Testing

/// Names the requirements that a test proves, by the ids of the catalogues in `Tests/TestSupport/Requirements`.
///
/// `docs/conformance.md` is generated from these.
public struct RequirementTrait: TestTrait, SuiteTrait {
    /// Ids such as `OSC-0070`, `GOSC-0203`, `COAP-0041` or `GM-0113`.
    public let ids: [String]
}

extension Trait where Self == RequirementTrait {
    /// Tags a test with the requirements that it proves.
    public static func requirement(_ ids: String...) -> Self {
        RequirementTrait(ids: ids)
    }
}
