import Foundation
import Testing

/// The mistakes that `scripts/fuzz check` plants exist in its build only, and it looks for every one of them.
struct PlantedTrapTests {
    private static let condition = "GOSC_PLANTED_TRAP"

    @Test func noManifestAndNoOtherScriptDefinesTheCondition() throws {
        for path in ["Package.swift", "Tests/Fuzz/Package.swift", "Tests/Allocations/Package.swift", "Makefile"] {
            #expect(try !Self.text(path).contains(Self.condition), "\(path)")
        }
        for script in try FileManager.default.contentsOfDirectory(
            atPath: Checkout.root.appending(path: "scripts").path)
        where script != "fuzz" {
            #expect(try !Self.text("scripts/\(script)").contains(Self.condition), "\(script)")
        }
    }

    @Test func everyTrapStandsBehindTheCondition() throws {
        var springs = 0
        for floor in ModuleTable.floors {
            for file in try Checkout.swiftFiles(of: floor.target) {
                var isInside = false
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    let line = line.trimmingCharacters(in: .whitespaces)
                    if line == "#if \(Self.condition)" { isInside = true }
                    if line.hasPrefix("#endif") || line.hasPrefix("#else") { isInside = false }
                    guard line.contains("PlantedTrap") else { continue }
                    #expect(isInside, "\(file.lastPathComponent): \(line)")
                    if line.contains(".spring(") { springs += 1 }
                }
            }
        }
        #expect(springs == (try Self.traps().count))
    }

    @Test func everyTrapIsLookedFor() throws {
        // The table at the end of the script: target, trap, and perhaps a length.
        let table = try Self.text("scripts/fuzz").split(separator: "<< 'END'\n")[1].split(separator: "\nEND")[0]
        let soughtFor = Set(table.split(separator: "\n").map { String($0.split(separator: " ")[1]) })
        for trap in try Self.traps() {
            #expect(soughtFor.contains(trap), "\(trap)")
        }
    }

    /// The names that `PlantedTrap` declares.
    private static func traps() throws -> [String] {
        let cases = try text("Sources/Bytes/PlantedTrap.swift").matches(of: #/case (\w+)(?: = "([\w-]+)")?/#)
        try #require(cases.count >= 8)
        return cases.map { String($0.output.2 ?? $0.output.1) }
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: Checkout.root.appending(path: path), encoding: .utf8)
    }
}
