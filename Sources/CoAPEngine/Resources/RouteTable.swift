public import CoAP

/// Finds what serves a path and a method. Paths are compared byte by byte (RFC 7252 §6.3).
///
/// `Endpoint` is whatever the owner calls: a closure, or a case of an enum where the owner has state of its own.
public struct RouteTable<Endpoint: Sendable>: Sendable {
    /// One segment of a registered path.
    public enum Segment: Hashable, Sendable, ExpressibleByStringLiteral {
        /// Exactly this text.
        case text(String)
        /// Any text, handed to the endpoint.
        case parameter

        /// A segment of exactly this text.
        public init(stringLiteral value: String) {
            self = .text(value)
        }

        /// Whether both are the same bytes.
        public static func == (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.text(let left), .text(let right)): ExactText(left) == ExactText(right)
            case (.parameter, .parameter): true
            case (.text, .parameter), (.parameter, .text): false
            }
        }

        /// Hashes the bytes.
        public func hash(into hasher: inout Hasher) {
            if case .text(let text) = self { hasher.combine(ExactText(text)) }
        }
    }

    /// The outcome of a look-up.
    public enum Route: Sendable {
        /// The endpoint, with the texts at the places of the parameters, in order.
        case found(Endpoint, parameters: [String])
        /// No resource has this path: 4.04.
        case notFound
        /// The resource has no such method: 4.05.
        case methodNotAllowed
    }

    private struct Node: Sendable {
        var methods: [Code: Endpoint] = [:]
        var children: [ExactText: Int] = [:]
        var parameter: Int?
    }

    private var nodes = [Node()]

    /// Serves nothing.
    public init() {}

    /// Adds or replaces one method of one path.
    public mutating func register(_ path: [Segment], _ method: Code, _ endpoint: Endpoint) {
        var index = 0
        for segment in path {
            let next: Int?
            switch segment {
            case .text(let text): next = nodes[index].children[ExactText(text)]
            case .parameter: next = nodes[index].parameter
            }
            if let next {
                index = next
                continue
            }
            nodes.append(Node())
            switch segment {
            case .text(let text): nodes[index].children[ExactText(text)] = nodes.count - 1
            case .parameter: nodes[index].parameter = nodes.count - 1
            }
            index = nodes.count - 1
        }
        nodes[index].methods[method] = endpoint
    }

    /// Looks up a path. Text goes before parameters; a path without methods is not a resource.
    public func route(_ path: [String], _ method: Code) -> Route {
        var candidates: [(node: Int, parameters: [String])] = [(0, [])]
        for segment in path {
            var next: [(node: Int, parameters: [String])] = []
            let text = ExactText(segment)
            for candidate in candidates {
                if let child = nodes[candidate.node].children[text] { next.append((child, candidate.parameters)) }
                if let child = nodes[candidate.node].parameter {
                    next.append((child, candidate.parameters + [segment]))
                }
            }
            candidates = next
            if candidates.isEmpty { return .notFound }
        }
        guard let match = candidates.first(where: { !nodes[$0.node].methods.isEmpty }) else { return .notFound }
        guard let endpoint = nodes[match.node].methods[method] else { return .methodNotAllowed }
        return .found(endpoint, parameters: match.parameters)
    }
}
