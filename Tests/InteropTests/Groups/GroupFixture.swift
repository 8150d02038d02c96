import Foundation
import Testing

/// A group for one pair of algorithms, with the members 25, 52 and 77, as files for each of them.
///
/// `Peers/make_group_contexts.py` says where keys and credentials come from.
final class GroupFixture: Sendable {
    /// The Sender IDs: who asks, who answers, and who answers in negative twins.
    static let client = "25"
    static let server = "52"
    static let other = "77"
    /// The group's address.
    static let address = "ff35::1234"

    private let folder = FileManager.default.temporaryDirectory.appending(path: "gosc-group-\(UUID().uuidString)")
    private let source: URL

    init(_ pair: GroupCells.Pair) throws {
        source = URL(filePath: try Surroundings.peer("Contexts/\(pair.rawValue).json"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// The context object of `gosc message` as a member has it: with its own private key and no other.
    ///
    /// - Parameter mistaken: A member for whom there is another credential, of which nobody has the private key.
    func context(of member: String, mistaken: String? = nil) throws -> String {
        var object = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: source)) as? [String: Any])
        let members = try #require(object["members"] as? [[String: Any]])
        let impostor = try #require(object.removeValue(forKey: "impostor") as? String)
        object["members"] = members.map { entry in
            var entry = entry
            if entry["id"] as? String != member { entry["private_key"] = nil }
            if let mistaken, entry["id"] as? String == mistaken { entry["cred"] = impostor }
            return entry
        }
        let file = folder.appending(path: "\(member)-\(mistaken ?? "right").json")
        try JSONSerialization.data(withJSONObject: object).write(to: file)
        return file.path
    }

    /// A place for the state of a program.
    func place(_ name: String) throws -> URL {
        let place = folder.appending(path: "\(name)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        return place
    }
}

/// A response that was verified, as both our command and the peer's client print it.
struct GroupResponse: Decodable, Equatable {
    let sender: String
    let mode: String
    let code: String
    let payload: String?

    private enum CodingKeys: String, CodingKey {
        case sender = "sender_id"
        case mode, code, payload
    }

    init(_ sender: String, _ mode: GroupCells.Mode, _ code: String, _ payload: String) {
        (self.sender, self.mode, self.code, self.payload) = (sender, mode.rawValue, code, payload)
    }

    /// Those in the output of a program, one JSON object a line. Lines that are something else are left out.
    static func all(in output: String) -> [Self] {
        output.split(separator: "\n").filter { $0.hasPrefix("{") }
            .compactMap { try? JSONDecoder().decode(Self.self, from: Data($0.utf8)) }
    }
}
