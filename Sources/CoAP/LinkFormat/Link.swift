/// A link to a resource, with what is said about it (RFC 6690 §2).
public struct Link: Hashable, Sendable {
    /// The URI reference between `<` and `>`, percent-encoded: `/gp/lamps`, or empty for where the links came from.
    public var target: String
    /// What is said about the target, in order. Names are compared without regard to case; of several with the same name
    /// the first counts.
    public var attributes: [LinkAttribute]

    /// Creates a link to a URI reference.
    public init(target: String, attributes: [LinkAttribute] = []) {
        self.target = target
        self.attributes = attributes
    }

    /// Creates a link to a path of the endpoint that serves the link.
    ///
    /// - Parameter path: The segments, not percent-encoded; none for `/`.
    public init(path: [String], attributes: [LinkAttribute] = []) {
        let segments = path.map { "/" + CoAPURIText.encode($0, allowing: CoAPURIText.segmentCharacters) }
        self.init(target: path.isEmpty ? "/" : segments.joined(), attributes: attributes)
    }
}

/// One thing said about the target of a link.
public struct LinkAttribute: Hashable, Sendable {
    /// Letters, digits and ``!#$&+-.^_`|~``; may end in `*`.
    public var name: String
    /// The value without its quotes; `nil` for an attribute that has none, such as `obs`.
    public var value: String?

    /// Creates an attribute.
    public init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }
}
