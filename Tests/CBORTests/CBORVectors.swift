import Bytes
import CBOR
import TestSupport
import Testing

/// The vector files of CBOR.
enum CBORVectors {
    struct Example: Decodable, Sendable, CustomTestStringConvertible {
        let hex: String
        let diagnostic: String
        var testDescription: String { hex }
    }

    struct AppendixA: Decodable {
        let valid: [Example]
        let indefinite: [Example]
    }

    struct Refusal: Decodable, Sendable, CustomTestStringConvertible {
        let hex: String
        let reason: String
        var testDescription: String { "\(reason): \(hex)" }
    }

    struct Refused: Decodable {
        let cases: [Refusal]
    }

    static func appendixA() throws -> AppendixA { try VectorFile.load("rfc8949/appendix-a") }

    static func refused() throws -> [Refusal] {
        let file: Refused = try VectorFile.load("rfc8949/refused")
        return file.cases
    }
}
