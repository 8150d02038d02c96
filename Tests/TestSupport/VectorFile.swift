import Foundation

/// A file of test vectors that ships with the tests.
public enum VectorFile: Sendable {
    /// Loads and decodes `Tests/TestSupport/Vectors/<name>.json`.
    ///
    /// - Throws: When the file is missing or does not have the shape of `type`.
    public static func load<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        guard let url = Bundle.module.url(forResource: "Vectors/\(name)", withExtension: "json") else {
            throw CocoaError(.fileNoSuchFile)
        }
        return try JSONDecoder().decode(type, from: Data(contentsOf: url))
    }
}
