import Foundation

/// One row of a catalogue.
struct Requirement: Hashable, Sendable {
    let id: String
    let specification: String
    let section: String
    let level: String
    let component: String
    let text: String

    /// Whether nothing but the specification itself can excuse an implementation.
    var isMandatory: Bool { level == "MUST" || level == "MUST NOT" }
}

/// A catalogue of `Tests/TestSupport/Requirements`.
struct RequirementCatalogue {
    /// In the order of the file.
    let requirements: [Requirement]

    static let folder = "Tests/TestSupport/Requirements"
    /// Every catalogue there is, by the head of its file's name.
    static let files = ["oscore", "coap", "group-manager"]

    init(reading name: String) throws {
        let table = try CSVTable(parsing: Checkout.text("\(Self.folder)/\(name)-requirements.csv"))
        self.requirements = try table.rows.map { row in
            func field(_ name: String) throws -> String {
                guard let field = row[name] else { throw CocoaError(.coderValueNotFound) }
                return field
            }
            return Requirement(
                id: try field("id"), specification: try field("spec"), section: try field("section"),
                level: try field("level"), component: try field("component"), text: try field("requirement"))
        }
    }
}
