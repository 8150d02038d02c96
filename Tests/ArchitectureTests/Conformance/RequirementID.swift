/// The id of a requirement, wherever it stands in a text.
enum RequirementID {
    /// What looks like an id, in the order of the text.
    static func all(in text: some StringProtocol) -> [String] {
        String(text).matches(of: #/\b(?:GOSC|OSC|ECHO|CSIG|ALG|CACH|COAP|GM)-[0-9]{4}\b/#).map { String($0.output) }
    }
}
