extension CoAPURI {
    /// Resolves a reference against this URI as base (RFC 3986 §5.2), such as the target of a link.
    ///
    /// Dot segments are removed as the procedure says; percent-encoded ones are refused, so that nothing leads out of a
    /// path.
    ///
    /// - Parameter reference: A URI or a relative reference, percent-encoded.
    /// - Throws: What ``init(parsing:)`` throws: requests have no fragment, and no other schemes.
    public func resolve(_ reference: String) throws(CoAPURIError) -> CoAPURI {
        guard reference.utf8.count <= Self.maximumLength else { throw .tooLong }
        guard !reference.utf8.contains(UInt8(ascii: "#")) else { throw .fragment }
        let parts = Reference(reference)
        let path: [Substring]
        var query = parts.query.map { $0[...] }
        if parts.scheme != nil || parts.authority != nil || parts.path.hasPrefix("/") {
            path = Reference.withoutDots(parts.segments)
        } else if parts.path.isEmpty {
            path = segments
            query = query ?? ownQuery
        } else {
            // §5.2.3: everything of the base up to its last slash stays.
            path = Reference.withoutDots(segments.dropLast() + parts.segments)
        }
        var text = "\(parts.scheme ?? scheme.rawValue[...]):"
        // A URI with a scheme but no authority is none of CoAP; without the slashes parsing says so.
        if parts.scheme == nil || parts.authority != nil { text += "//\(parts.authority ?? authority[...])" }
        text += "/" + path.joined(separator: "/")
        if let query { text += "?\(query)" }
        return try CoAPURI(parsing: text)
    }

    /// The path percent-encoded; one empty segment for `/`.
    private var segments: [Substring] {
        path.isEmpty ? [""] : path.map { CoAPURIText.encode($0, allowing: CoAPURIText.segmentCharacters)[...] }
    }

    private var ownQuery: Substring? {
        query.isEmpty
            ? nil
            : query.map { CoAPURIText.encode($0, allowing: CoAPURIText.queryCharacters) }.joined(separator: "&")[...]
    }
}

/// The parts of a reference without fragment (RFC 3986 §4.1).
private struct Reference {
    let scheme: Substring?
    let authority: Substring?
    let path: Substring
    let query: Substring?

    init(_ text: String) {
        var rest = text[...]
        let scheme = rest.prefix { $0 != ":" && $0 != "/" && $0 != "?" }
        self.scheme = rest[scheme.endIndex...].hasPrefix(":") ? scheme : nil
        if self.scheme != nil { rest = rest[scheme.endIndex...].dropFirst() }
        authority = rest.hasPrefix("//") ? rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" } : nil
        if let authority { rest = rest[authority.endIndex...] }
        path = rest.prefix { $0 != "?" }
        query = path.endIndex == rest.endIndex ? nil : rest[path.endIndex...].dropFirst()
    }

    /// The segments of the path; a slash at its front is not an empty segment.
    var segments: [Substring] {
        (path.hasPrefix("/") ? path.dropFirst() : path).split(separator: "/", omittingEmptySubsequences: false)
    }

    /// §5.2.4, on the segments of an absolute path.
    static func withoutDots(_ segments: [Substring]) -> [Substring] {
        var kept: [Substring] = []
        for (index, segment) in segments.enumerated() {
            guard segment == "." || segment == ".." else {
                kept.append(segment)
                continue
            }
            if segment == "..", !kept.isEmpty { kept.removeLast() }
            // What the dots stand for is a folder.
            if index == segments.count - 1 { kept.append("") }
        }
        return kept
    }
}
