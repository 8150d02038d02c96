import COSE
import Yams

extension GroupPolicy {
    /// Reads `modes`, `policy` and `algorithms` of a group file.
    ///
    /// - Throws: ``CommandFailure`` with file, line, key and what is allowed there, also for what does not go together.
    init(_ map: YAMLMap, path: String) throws(CommandFailure) {
        self = try Self.algorithms(map, path: path)
        if let node = map.node("modes") {
            let words = try map.list("modes", Self.oneOf(Mode.allCases.map(\.rawValue)), { Mode(rawValue: $0) }) ?? []
            modes = Set(words)
            guard !words.isEmpty, modes.count == words.count else {
                throw YAMLMap.failure(path, node, "modes must be [group], [group, pairwise] or [pairwise]")
            }
            guard !modes.contains(.pairwise) || pairwiseMode != nil else {
                throw YAMLMap.failure(
                    path, node,
                    "modes: pairwise mode has no key agreement for \(hkdf.name); its hkdf is HKDF-SHA-256 "
                        + "or HKDF-SHA-512")
            }
        }
        if let node = map.node("algorithms") { try checkModes(node, path: path) }
    }

    private static func algorithms(_ map: YAMLMap, path: String) throws(CommandFailure) -> GroupPolicy {
        guard let node = map.node("algorithms") else {
            return try map.value("policy", oneOf(named.map(\.name))) { text in
                named.first { $0.name == text }?.policy
            } ?? .standard
        }
        guard !map.contains("policy") else {
            throw YAMLMap.failure(path, node, "give either 'policy' or 'algorithms'")
        }
        let inner = try YAMLMap(
            node, what: "algorithms", allowed: ["encryption", "signature", "aead", "curve", "hkdf"], path: path)
        var policy = GroupPolicy.standard
        policy.encryption = try algorithm("encryption", encryptions, inner) ?? policy.encryption
        policy.signature = try algorithm("signature", signatures, inner) ?? policy.signature
        policy.aead = try algorithm("aead", aeads, inner) ?? policy.aead
        policy.curve = try algorithm("curve", curves, inner) ?? policy.curve
        policy.hkdf = try algorithm("hkdf", hkdfs, inner) ?? policy.hkdf
        return policy
    }

    /// An algorithm of a mode that the group does not have would be ignored, and whoever wrote it did not mean that.
    private func checkModes(_ node: Node, path: String) throws(CommandFailure) {
        for (key, _) in node.mapping ?? [:] {
            let name = key.scalar?.string ?? ""
            let reason: String? =
                switch name {
                case "encryption", "signature": modes.contains(.group) ? nil : "'modes' leaves out group mode"
                case "aead": modes.contains(.pairwise) ? nil : "'modes' leaves out pairwise mode"
                case "curve": modes == [.pairwise] ? nil : "where members sign, 'signature' decides on their keys"
                default: nil
                }
            if let reason { throw YAMLMap.failure(path, key, "\(name) is of no use: \(reason)") }
        }
    }

    private static func algorithm<Algorithm>(
        _ key: String, _ known: [(name: String, algorithm: Algorithm)], _ map: YAMLMap
    ) throws(CommandFailure) -> Algorithm? {
        try map.value(key, oneOf(known.map(\.name))) { text in known.first { $0.name == text }?.algorithm }
    }

    private static func oneOf(_ names: [String]) -> String {
        names.count == 1 ? names[0] : "one of \(names.joined(separator: ", "))"
    }
}
