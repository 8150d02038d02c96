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
        return escaped(String(decoding: data, as: UTF8.self))
    }

    /// The same JSON without anything that could steer a terminal or turn a line around. The encoder escapes what is below
    /// U+0020 and no more; what is left of the kind stands in strings, where an escape means the same.
    private static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar.value >= 0x20, .format, .lineSeparator, .paragraphSeparator:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
