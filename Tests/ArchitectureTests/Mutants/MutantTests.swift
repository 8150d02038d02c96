import Foundation
import Testing

/// The mutants that `make mutants` kills are whole, and they are those of the drawing.
struct MutantTests {
    @Test func everyMutantChangesOnePlaceOfTheCore() throws {
        let file = try MutantFile.load()
        let drawing = try MutantDrawing()
        try #require(!file.mutants.isEmpty)
        for mutant in file.mutants {
            let isCore = (MutantDrawing.sources + MutantDrawing.undrawnSources).contains {
                mutant.file.hasPrefix("Sources/\($0)/")
            }
            #expect(isCore, "\(mutant.id): \(mutant.file)")
            let places = (try? Checkout.text(mutant.file))?.ranges(of: mutant.find).count
            let hasTest = drawing.tests[mutant.id] != nil
            #expect(places == 1, "\(mutant.id): \(mutant.find)")
            #expect(hasTest, "no test of the core names \(mutant.id)")
            #expect(mutant.find != mutant.replace, "\(mutant.id)")
        }
    }

    @Test func everyDrawnRequirementHasAMutant() throws {
        let file = try MutantFile.load()
        let drawn = try MutantDrawing().drawn(seed: file.seed, count: file.count)
        let without = Set(drawn).subtracting(file.mutants.map(\.id)).sorted()
        #expect(drawn.count == file.count)
        #expect(without.isEmpty, "drawn, and no mutant disables their code: \(without)")
    }

    @Test func theDrawingDependsOnSeedAndIDsOnly() throws {
        let drawing = try MutantDrawing()
        let drawn = drawing.drawn(seed: 1, count: 20)
        #expect(drawn == drawing.drawn(seed: 1, count: 40).prefix(20).map(\.self))
        #expect(drawn != drawing.drawn(seed: 2, count: 20))
        #expect(Set(drawn).count == drawn.count)
    }

    /// Writes what `scripts/mutants` goes through: for each mutant a folder with the file's name, its changed text and the
    /// filters of its tests. Without `GOSC_MUTANT_PLAN` it goes where nobody looks.
    @Test func planIsWritten() throws {
        let temporary = FileManager.default.temporaryDirectory.appending(path: "gosc-mutants-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: temporary) }
        let wanted = ProcessInfo.processInfo.environment["GOSC_MUTANT_PLAN"]
        let plan = wanted.map { URL(fileURLWithPath: $0) } ?? temporary
        let (mutants, drawing) = (try MutantFile.load().mutants, try MutantDrawing())
        for (number, mutant) in mutants.enumerated() {
            let folder = plan.appending(path: "\(String(1000 + number).dropFirst())-\(mutant.id)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            // Without its place a mutant has no changed text, which the script calls an error.
            let source = (try? Checkout.text(mutant.file)) ?? ""
            let changed = source.ranges(of: mutant.find).first.map {
                source.replacingCharacters(in: $0, with: mutant.replace)
            }
            let filters = (drawing.tests[mutant.id] ?? []).map(\.filter)
            let files = [
                "file": mutant.file + "\n", "changed": changed,
                "filters": filters.joined(separator: "\n") + "\n",
                "change": "\(mutant.find)\n->\n\(mutant.replace)\n",
                "may-hang": mutant.mayHang == true ? "yes\n" : "no\n",
            ]
            for case (let name, let text?) in files {
                try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: plan.path).count == mutants.count)
    }
}
