import Foundation
import Testing

/// What the sources import, against the module table.
struct ImportTests {
    @Test func everyImportIsAllowedByTheModuleTable() throws {
        for floor in ModuleTable.floors {
            let allowed = floor.targets.union(floor.products).union(floor.system)
            for file in try Checkout.swiftFiles(of: floor.target) {
                let text = try String(contentsOf: file, encoding: .utf8)
                for module in importedModules(text) where !allowed.contains(module) {
                    Issue.record("\(floor.target)/\(file.lastPathComponent) imports \(module), which it may not")
                }
            }
        }
    }

    @Test func coreFloorsImportNothingOfTheSystem() {
        for floor in ModuleTable.floors where floor.isCore {
            #expect(floor.system.isSubset(of: ["Synchronization"]) && floor.products.isEmpty, "\(floor.target)")
        }
    }

    @Test func everyTargetHasSources() throws {
        for floor in ModuleTable.floors where !floor.target.hasPrefix("C") || floor.isCore {
            #expect(try !Checkout.swiftFiles(of: floor.target).isEmpty, "\(floor.target)")
        }
    }

    @Test func importLinesAreRecognisedInEveryForm() {
        let text = """
            import A
            public import B
              internal import struct C.Value
            @testable import D
            @_spi(Inner) @preconcurrency public import E.Part
            #if canImport(F)
            import F // why
            #endif
            import G; import H
            // import No
            /// import No
            let important = "import No"
            """
        #expect(importedModules(text) == ["A", "B", "C", "D", "E", "F", "G", "H"])
    }

    private func importedModules(_ text: String) -> [String] {
        let statements = text.split { $0 == "\n" || $0 == ";" }
        let form =
            #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+/#
        let kinds: Set<Substring> = [
            "struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor", "macro",
        ]
        return statements.compactMap { statement in
            guard let head = statement.prefixMatch(of: form) else { return nil }
            var words = statement[head.range.upperBound...].split { $0 == " " || $0 == "\t" }
            if let first = words.first, kinds.contains(first) { words.removeFirst() }
            return words.first?.split(separator: ".").first.map(String.init)
        }
    }
}
