import Foundation

/// Values as JSON: keys in snake_case and sorted, so that the same data is the same text.
enum JSONText {
    /// One line.
    static func line(_ value: some Encodable) -> String {
        encode(value, [])
    }

    /// For reading.
    static func document(_ value: some Encodable) -> String {
        encode(value, .prettyPrinted)
    }

    private static func encode(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
        // Only a number that JSON does not have could fail, and no type here has one.
        guard let data = try? encoder.encode(value) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }
}
