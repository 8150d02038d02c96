import Bytes

/// Which links a client asks for: the query of `/.well-known/core` (RFC 6690 §4.1).
///
/// Every argument has to hold. `name=value` holds if the attribute has that value, `name=value*` if it begins so, and
/// `name=*` or `name` alone if there is such an attribute. `href` stands for the target. Of `rt`, `if`, `rel`, `rev` and
/// `ct` one of the words between blanks has to match, or the whole value.
public struct LinkFilter: Hashable, Sendable {
    private struct Condition: Hashable, Sendable {
        let name: String
        let pattern: [UInt8]
        let isPrefix: Bool
    }

    private let conditions: [Condition]

    /// Reads a query.
    ///
    /// - Parameter query: The arguments, not percent-encoded, as ``Options/uriQuery`` has them. None match every link, and
    ///   an empty one asks for nothing.
    public init(query: [String]) {
        conditions = query.filter { !$0.isEmpty }.map { argument in
            let separator = argument.utf8.firstIndex(of: UInt8(ascii: "="))
            let name = argument[..<(separator ?? argument.endIndex)].lowercased()
            guard let separator else { return Condition(name: name, pattern: [], isPrefix: true) }
            let pattern = Array(argument.utf8[separator...].dropFirst())
            // COAP-0213: only the star at the end is a wildcard.
            let isPrefix = pattern.last == UInt8(ascii: "*")
            return Condition(name: name, pattern: isPrefix ? pattern.dropLast() : pattern, isPrefix: isPrefix)
        }
    }

    /// Whether there is nothing to filter.
    public var isEmpty: Bool { conditions.isEmpty }

    /// Whether a link is asked for.
    public func matches(_ link: Link) -> Bool {
        // COAP-0215: all of them.
        conditions.allSatisfy { condition in
            Self.values(condition.name, of: link).contains {
                condition.isPrefix ? $0.starts(with: condition.pattern) : $0 == condition.pattern
            }
        }
    }

    /// What a pattern may match, as bytes: Swift compares text with regard to canonical equivalence.
    private static func values(_ name: String, of link: Link) -> [[UInt8]] {
        guard name != "href" else {
            let target = Array(link.target.utf8)
            // The query was percent-decoded on its way, the target was not.
            return [target, percentDecoded(target)]
        }
        // An attribute without value is there, with nothing to compare.
        return link.attributes.filter { $0.isNamed(name) }.flatMap { attribute in
            let value = Array((attribute.value ?? "").utf8)
            // COAP-0214
            let words = wordNames.contains(name) ? value.split(separator: UInt8(ascii: " ")).map { Array($0) } : []
            return [value] + words
        }
    }

    private static func percentDecoded(_ text: [UInt8]) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self))
            {
                decoded += value
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }

    private static let wordNames: Set<String> = ["rt", "if", "rel", "rev", "ct"]
}
