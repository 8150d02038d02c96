/// One character of a text, as an ``IRegexp`` describes it: a union of ranges and categories, or all but that.
struct IRegexpCharacters: Hashable, Sendable {
    /// A part of the union.
    enum Item: Hashable, Sendable {
        case range(ClosedRange<Unicode.Scalar>)
        /// `\p{…}`, or `\P{…}` for all others.
        case category(IRegexpCategory, isComplement: Bool)
    }

    var items: [Item]
    /// `[^…]`
    var isComplement: Bool

    init(_ items: [Item], isComplement: Bool = false) {
        self.items = items
        self.isComplement = isComplement
    }

    /// One character alone.
    init(_ scalar: Unicode.Scalar) {
        self.init([.range(scalar...scalar)])
    }

    /// `.`: everything but the ends of lines.
    static let any = Self([.range("\n"..."\n"), .range("\r"..."\r")], isComplement: true)

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let isListed = items.contains { item in
            switch item {
            case .range(let range): range.contains(scalar)
            case .category(let category, let isComplement): category.contains(scalar) != isComplement
            }
        }
        return isListed != isComplement
    }
}

/// A Unicode General Category, or all that begin with its first letter: `Lu`, `L`.
struct IRegexpCategory: Hashable, Sendable {
    private let group: Unicode.Scalar
    private let member: Unicode.Scalar?

    /// Takes a name; `nil` unless RFC 9485 §3 has it. `Cs` is left out there.
    init?(group: Unicode.Scalar, member: Unicode.Scalar?) {
        guard let members = Self.members[group] else { return nil }
        if let member {
            guard members.unicodeScalars.contains(member) else { return nil }
        }
        self.group = group
        self.member = member
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let name = Self.name(of: scalar.properties.generalCategory).unicodeScalars
        guard name.first == group else { return false }
        return member == nil || name.dropFirst().first == member
    }

    private static let members: [Unicode.Scalar: String] = [
        "L": "lmotu", "M": "cen", "N": "dlo", "P": "cdefios", "Z": "lps", "S": "ckmo", "C": "cfno",
    ]

    private static func name(of category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: ""
        }
    }
}
