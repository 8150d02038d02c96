import Foundation
import Testing

/// aiocoap's client, by way of `Peers/aiocoap_client.py`.
enum AiocoapClient {
    /// One request.
    struct Request: Encodable {
        var method: String
        var uri: String
        var payload: String?
        var count: Int?
        var format: Int?
        var accept: Int?
        var etag: String?
        var if_match: String?
        var if_none_match: Bool?
        var type: String?
        var echo: Bool?
        var oscore: String?
        var observe: Int?
        var trigger: [Request]?
    }

    /// One response.
    struct Response: Decodable {
        let code: String
        let type: String
        let count: Int
        let sha256: String
        let from: String
        let options: [Option]
        let text: String?

        struct Option: Decodable, Hashable {
            let number: Int
            let value: String

            init(_ number: Int, _ value: String) {
                self.number = number
                self.value = value
            }

            init(from decoder: any Decoder) throws {
                var items = try decoder.unkeyedContainer()
                number = try items.decode(Int.self)
                value = try items.decode(String.self)
            }
        }

        /// The values of an option, as text in hexadecimal.
        func values(_ number: Int) -> [String] { options.filter { $0.number == number }.map(\.value) }
    }

    /// Makes requests, one after the other over one endpoint.
    static func play(_ requests: Request...) throws -> [Response] {
        let encoder = JSONEncoder()
        let words = try requests.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        let (status, output) = try Program(
            [Surroundings.python, try Surroundings.peer("aiocoap_client.py")] + words
        ).end()
        try #require(status == 0, "aiocoap's client has failed: \(output.suffix(2000))")
        // Other lines are its warnings.
        return try output.split(separator: "\n").filter { $0.hasPrefix("{") }
            .map { try JSONDecoder().decode(Response.self, from: Data($0.utf8)) }
    }
}

/// Bodies that the peers make, too.
enum Pattern {
    /// Byte i is i * 31 + i / 256 (mod 256).
    static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 * 31 + $0 / 256) }
    }

    /// SHA-256 of 64 KiB of it, worked out by another program.
    static let digestOf64KiB = "1dd334fe06e447d46e556e9c8f958a3ee41eb8e4cdf3cd36af3cdeae98fd7854"
}
