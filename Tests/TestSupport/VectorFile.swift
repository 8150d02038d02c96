import Foundation

/// A file of test vectors that ships with the tests.
public enum VectorFile: Sendable {
    /// Loads and decodes `Tests/TestSupport/Vectors/<name>.json`.
    ///
    /// - Throws: When the file is missing or does not have the shape of `type`.
    ///
    /// - Parameter convertsFromSnakeCase: Whether `master_secret` in the file is `masterSecret` in the type.
    public static func load<Value: Decodable>(
        _ name: String, as type: Value.Type = Value.self, convertsFromSnakeCase: Bool = false
    ) throws -> Value {
        guard let url = Bundle.module.url(forResource: "Vectors/\(name)", withExtension: "json") else {
            throw CocoaError(.fileNoSuchFile)
        }
        let decoder = JSONDecoder()
        if convertsFromSnakeCase { decoder.keyDecodingStrategy = .convertFromSnakeCase }
        return try decoder.decode(type, from: Data(contentsOf: url))
    }
}
