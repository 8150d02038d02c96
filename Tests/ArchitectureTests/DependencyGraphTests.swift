import Foundation
import Testing

/// The resolved dependency graph (`swift package show-dependencies`), against `docs/dependencies.md`.
struct DependencyGraphTests {
    @Test(.enabled(if: Checkout.isRecorded("GOSC_DEPENDENCIES"), Checkout.recordingReason))
    func resolvedGraphIsTheRecordedOne() throws {
        let root: Package = try Checkout.recorded("GOSC_DEPENDENCIES")
        let page = try String(contentsOf: Checkout.root.appending(path: "docs/dependencies.md"), encoding: .utf8)
        let recorded = page.split(separator: "\n").filter { $0.hasPrefix("| [") }.map(String.init)
        let resolved = rows(of: root)
        #expect(
            recorded == resolved,
            "docs/dependencies.md differs; if the change is meant, its rows become:\n\(resolved.joined(separator: "\n"))"
        )
    }

    /// One row a package, by name: what it is, its version and who asks for it.
    private func rows(of root: Package) -> [String] {
        var rows: [String: (package: Package, users: Set<String>)] = [:]
        func visit(_ user: Package, as name: String) {
            for package in user.dependencies {
                rows[package.identity, default: (package, [])].users.insert(name)
                visit(package, as: package.identity)
            }
        }
        visit(root, as: "gosc")
        return rows.sorted { $0.key < $1.key }.map { identity, row in
            let users = row.users.sorted().joined(separator: ", ")
            return "| [\(identity)](\(row.package.url)) | \(row.package.version) | \(users) |"
        }
    }
}

private struct Package: Decodable {
    let identity: String
    let url: String
    let version: String
    let dependencies: [Package]
}
