import ServiceShell
import Yams

/// A mapping in a file: each key is read once by its name, and what nobody has read is refused.
struct YAMLMap {
    private let path: String
    private let line: Int
    private let allowed: [String]
    private var values: [String: Node] = [:]

    /// - Parameters:
    ///   - node: A node that has to be a mapping.
    ///   - what: What it describes, for errors.
    ///   - allowed: All keys that may occur, in the order in which errors list them.
    ///   - path: The file, for errors.
    init(_ node: Node, what: String, allowed: [String], path: String) throws(CommandFailure) {
        guard let mapping = node.mapping else {
            throw Self.failure(path, node, "\(what) must be a mapping of \(allowed.joined(separator: ", "))")
        }
        self.path = path
        self.allowed = allowed
        line = node.mark?.line ?? 1
        for (key, value) in mapping {
            guard let name = key.scalar?.string, allowed.contains(name) else {
                let shown = key.scalar?.string ?? "not a word"
                throw Self.failure(
                    path, key, "unknown key '\(shown)' in \(what); allowed are \(allowed.joined(separator: ", "))")
            }
            values[name] = value
        }
    }

    /// What the text of a file describes.
    static func root(of text: String, path: String) throws(CommandFailure) -> Node {
        do {
            guard let root = try Yams.compose(yaml: text) else {
                throw CommandFailure(.badInput, "\(path):1: the file is empty")
            }
            return root
        } catch let failure as CommandFailure {
            throw failure
        } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            throw CommandFailure(.badInput, "\(path):\(mark.line): not valid YAML: \(problem)")
        } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
            let names = keys.map { "'\($0)'" }.joined(separator: ", ")
            throw CommandFailure(.badInput, "\(path):\(context.mark.line): these keys occur twice: \(names)")
        } catch {
            throw CommandFailure(.badInput, "\(path):1: not valid YAML")
        }
    }

    /// Whether a key stands there, also with an empty value.
    func contains(_ key: String) -> Bool { values[key] != nil }

    /// The node behind a key.
    func node(_ key: String) -> Node? { values[key] }

    func required(_ key: String) throws(CommandFailure) -> Node {
        guard let node = values[key] else {
            throw CommandFailure(.badInput, "\(path):\(line): the key '\(key)' is missing")
        }
        return node
    }

    /// A word that `parse` understands.
    func value<Value>(
        _ key: String, _ expectation: String, _ parse: (String) -> Value?
    ) throws(CommandFailure) -> Value? {
        guard let node = values[key] else { return nil }
        guard let text = node.scalar?.string, let value = parse(text) else {
            throw failure(key, node, expectation)
        }
        return value
    }

    /// A list of words that `parse` understands.
    func list<Value>(
        _ key: String, _ expectation: String, _ parse: (String) -> Value?
    ) throws(CommandFailure) -> [Value]? {
        guard let node = values[key] else { return nil }
        guard let sequence = node.sequence else { throw failure(key, node, "a list of \(expectation)") }
        var list: [Value] = []
        for element in sequence {
            guard let text = element.scalar?.string, let value = parse(text) else {
                throw failure(key, element, expectation)
            }
            list.append(value)
        }
        return list
    }

    private func failure(_ key: String, _ node: Node, _ expectation: String) -> CommandFailure {
        let found = node.scalar.map { ", not '\($0.string)'" } ?? ""
        return Self.failure(path, node, "\(key) must be \(expectation)\(found)")
    }

    static func failure(_ path: String, _ node: Node, _ message: String) -> CommandFailure {
        CommandFailure(.badInput, "\(path):\(node.mark?.line ?? 1): \(message)")
    }
}
