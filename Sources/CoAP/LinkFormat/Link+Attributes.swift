// What the attributes that gosc uses say. Setting one to none removes it.
extension Link {
    /// `rt`: what the resource is, as names that applications agree on (RFC 6690 §3.1).
    public var resourceTypes: [String] {
        get { words(of: "rt") }
        set { setWords(newValue, of: "rt") }
    }

    /// `if`: how the resource is used (RFC 6690 §3.2).
    public var interfaces: [String] {
        get { words(of: "if") }
        set { setWords(newValue, of: "if") }
    }

    /// `ct`: the formats that the resource offers, best first (RFC 7252 §7.2.1). What is no number from 0 to 65535 is
    /// left out.
    public var contentFormats: [ContentFormat] {
        get { words(of: "ct").compactMap { Self.number($0).map { ContentFormat(rawValue: $0) } } }
        // COAP-0218: all in one attribute.
        set { setWords(newValue.map { String($0.rawValue) }, of: "ct") }
    }

    /// `sz`: about how many bytes a representation has (RFC 6690 §3.3); `nil` if it is not said or no number.
    public var size: UInt64? {
        get { value(of: "sz").flatMap { Self.number($0) } }
        set { set("sz", newValue.map { .some(String($0)) }) }
    }

    /// `title`: a name for people.
    public var title: String? {
        get { value(of: "title") }
        set { set("title", newValue.map { .some($0) }) }
    }

    /// `obs`: whether observing the resource is useful (RFC 7641 §6).
    public var isObservable: Bool {
        // COAP-0219: a flag; a value means nothing.
        get { contains("obs") }
        set { set("obs", newValue ? .some(nil) : nil) }
    }

    /// `gosc`: whether the resource is reached with Group OSCORE (RFC 10021).
    public var hasGroupOSCORE: Bool {
        // COAP-0220: a flag; a value means nothing.
        get { contains("gosc") }
        set { set("gosc", newValue ? .some(nil) : nil) }
    }

    /// `osc` without `gosc`: whether the resource is reached with OSCORE between two (RFC 8613 §10).
    ///
    /// `osc` beside `gosc` is there for readers that do not know the latter (COAP-0220).
    public var hasOSCORE: Bool {
        get { contains("osc") && !hasGroupOSCORE }
        set { set("osc", newValue ? .some(nil) : nil) }
    }

    /// Whether there is an attribute with this name.
    public func contains(_ name: String) -> Bool {
        attributes.contains { $0.isNamed(name) }
    }

    /// The value of the first attribute with this name; `nil` if there is none, or it has no value.
    public func value(of name: String) -> String? {
        attributes.first { $0.isNamed(name) }?.value
    }

    /// The parts between blanks of the first attribute with this name.
    public func words(of name: String) -> [String] {
        value(of: name)?.split(separator: " ").map(String.init) ?? []
    }

    private mutating func setWords(_ words: [String], of name: String) {
        set(name, words.isEmpty ? nil : .some(words.joined(separator: " ")))
    }

    /// Puts a value in the place of what has this name, or behind everything; `nil` removes, `.some(nil)` is a flag.
    private mutating func set(_ name: String, _ value: String??) {
        let index = attributes.firstIndex { $0.isNamed(name) } ?? attributes.count
        attributes.removeAll { $0.isNamed(name) }
        if let value { attributes.insert(LinkAttribute(name, value), at: index) }
    }

    /// Digits only: `UInt16("+1")` would be a number too.
    private static func number<Number: FixedWidthInteger>(_ text: String) -> Number? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Number(text) : nil
    }
}

extension LinkAttribute {
    internal func isNamed(_ other: String) -> Bool {
        name == other || name.lowercased() == other.lowercased()
    }
}
