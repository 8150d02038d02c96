/// An ``IRegexp`` as a tree.
indirect enum IRegexpNode: Hashable, Sendable {
    case characters(IRegexpCharacters)
    /// One after the other; empty for nothing at all.
    case sequence([IRegexpNode])
    /// One of them.
    case alternatives([IRegexpNode])
    /// `maximum` is `nil` for any number.
    case repeated(IRegexpNode, minimum: Int, maximum: Int?)
}

/// Reads the grammar of RFC 9485 §3, rule by rule.
struct IRegexpParser: Sendable {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    private static let maximumDepth = 32
    /// Each repetition is written out when it is compiled.
    private static let maximumCount = 256

    init(_ pattern: String) throws(IRegexpError) {
        scalars = Array(pattern.unicodeScalars.prefix(IRegexp.maximumLength + 1))
        guard scalars.count <= IRegexp.maximumLength else { throw .tooLarge }
    }

    mutating func parse() throws(IRegexpError) -> IRegexpNode {
        let node = try readExpression()
        guard next == nil else { throw .malformed }
        return node
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func readScalar() throws(IRegexpError) -> Unicode.Scalar {
        guard let scalar = next else { throw .malformed }
        position += 1
        return scalar
    }

    /// `i-regexp = branch *( "|" branch )`
    private mutating func readExpression() throws(IRegexpError) -> IRegexpNode {
        guard depth < Self.maximumDepth else { throw .tooLarge }
        depth += 1
        defer { depth -= 1 }
        var branches = [try readBranch()]
        while take("|") {
            branches.append(try readBranch())
        }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    /// `branch = *piece`
    private mutating func readBranch() throws(IRegexpError) -> IRegexpNode {
        var pieces: [IRegexpNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            pieces.append(try readPiece())
        }
        return .sequence(pieces)
    }

    /// `piece = atom [ quantifier ]`
    private mutating func readPiece() throws(IRegexpError) -> IRegexpNode {
        let atom = try readAtom()
        if take("*") { return .repeated(atom, minimum: 0, maximum: nil) }
        if take("+") { return .repeated(atom, minimum: 1, maximum: nil) }
        if take("?") { return .repeated(atom, minimum: 0, maximum: 1) }
        guard take("{") else { return atom }
        let minimum = try readCount()
        var maximum: Int? = minimum
        if take(",") {
            maximum = next == "}" ? nil : try readCount()
        }
        guard take("}") else { throw .malformed }
        if let maximum, maximum < minimum { throw .malformed }
        return .repeated(atom, minimum: minimum, maximum: maximum)
    }

    /// `QuantExact = 1*%x30-39`
    private mutating func readCount() throws(IRegexpError) -> Int {
        let start = position
        var count = 0
        while let digit = next, ("0"..."9").contains(digit) {
            position += 1
            // Stops growing where it is too large anyway.
            count = min(count * 10 + Int(digit.value - 0x30), Self.maximumCount + 1)
        }
        guard position > start else { throw .malformed }
        guard count <= Self.maximumCount else { throw .tooLarge }
        return count
    }

    /// `atom = NormalChar / charClass / ( "(" i-regexp ")" )`
    private mutating func readAtom() throws(IRegexpError) -> IRegexpNode {
        let scalar = try readScalar()
        switch scalar {
        case "(":
            let node = try readExpression()
            guard take(")") else { throw .malformed }
            return node
        case ".": return .characters(.any)
        case "[": return .characters(try readClass())
        case "\\":
            if let item = try readCategory() { return .characters(IRegexpCharacters([item])) }
            return .characters(IRegexpCharacters(try readEscaped()))
        // What NormalChar leaves out.
        case ")", "*", "+", "?", "]", "{", "|", "}": throw .malformed
        default: return .characters(IRegexpCharacters(scalar))
        }
    }

    /// `charClassExpr = "[" [ "^" ] ( "-" / CCE1 ) *CCE1 [ "-" ] "]"`, behind its bracket.
    private mutating func readClass() throws(IRegexpError) -> IRegexpCharacters {
        var characters = IRegexpCharacters([], isComplement: take("^"))
        let hyphen = IRegexpCharacters.Item.range("-"..."-")
        if take("-") { characters.items.append(hyphen) }
        while !take("]") {
            if take("-") {
                // The last one, which needs something before it.
                guard !characters.items.isEmpty, take("]") else { throw .malformed }
                characters.items.append(hyphen)
                return characters
            }
            characters.items.append(try readClassItem())
        }
        guard !characters.items.isEmpty else { throw .malformed }
        return characters
    }

    /// `CCE1 = ( CCchar [ "-" CCchar ] ) / charClassEsc`
    private mutating func readClassItem() throws(IRegexpError) -> IRegexpCharacters.Item {
        if next == "\\", position + 1 < scalars.count, scalars[position + 1] == "p" || scalars[position + 1] == "P" {
            position += 1
            guard let category = try readCategory() else { throw .malformed }
            return category
        }
        let first = try readClassCharacter()
        // A hyphen before the closing bracket is one by itself.
        guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
            return .range(first...first)
        }
        position += 1
        let last = try readClassCharacter()
        guard first <= last else { throw .malformed }
        return .range(first...last)
    }

    /// `CCchar`: neither a hyphen nor a bracket, unless escaped.
    private mutating func readClassCharacter() throws(IRegexpError) -> Unicode.Scalar {
        let scalar = try readScalar()
        switch scalar {
        case "\\": return try readEscaped()
        case "-", "[", "]": throw .malformed
        default: return scalar
        }
    }

    /// `SingleCharEsc`, behind its backslash.
    private mutating func readEscaped() throws(IRegexpError) -> Unicode.Scalar {
        let scalar = try readScalar()
        switch scalar {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "("..."+", "-", ".", "?", "["..."^", "{"..."}": return scalar
        default: throw .malformed
        }
    }

    /// `charClassEsc = "\p{" charProp "}" / "\P{" charProp "}"`, behind its backslash; `nil` for another escape.
    private mutating func readCategory() throws(IRegexpError) -> IRegexpCharacters.Item? {
        let isComplement: Bool
        switch next {
        case "p": isComplement = false
        case "P": isComplement = true
        default: return nil
        }
        position += 1
        guard take("{") else { throw .malformed }
        let group = try readScalar()
        let member = next == "}" ? nil : try readScalar()
        guard take("}"), let category = IRegexpCategory(group: group, member: member) else { throw .malformed }
        return .category(category, isComplement: isComplement)
    }
}
