import CBOR

/// One of those who have or had a name in a group, in the order in which they joined first under it: `lamp.1`, `lamp.2`.
///
/// Names come free when members go, so a name alone may be several. Nobody else gets such a number, as it is that of
/// a NODENAME (RFC 9594 §4.8), until the manager is restored: what a backup has not seen has no number in it.
public struct HolderName: Hashable, Sendable, CustomStringConvertible {
    public let name: String
    /// 1 or more.
    public let number: Int

    /// The first who had a name.
    public init(firstOf name: String) {
        (self.name, number) = (name, 1)
    }

    private init(name: String, number: Int) {
        (self.name, self.number) = (name, number)
    }

    /// Reads the text form.
    ///
    /// - Returns: `nil` for anything else, and so for every name without a number: a name has no dot.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, Names.isValid(parts[0]), let number = Int(parts[1]), number >= 1,
            // One text for each: no sign, no zero in front.
            String(number) == parts[1]
        else { return nil }
        self.init(name: parts[0], number: number)
    }

    /// Who had the name after this one.
    public var next: Self { Self(name: name, number: number + 1) }

    // GM-0214
    /// The NODENAME that is only ever this one's: the first has the name itself.
    public var nodeName: String { number == 1 ? name : description }

    public var description: String { "\(name).\(number)" }
}

extension CBORValue {
    /// The names in an array of nothing else.
    var holderNames: [HolderName]? {
        texts.flatMap { allOrNil($0, HolderName.init) }
    }
}
