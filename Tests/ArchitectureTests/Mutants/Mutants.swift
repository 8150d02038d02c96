import Foundation

/// A change to one source that breaks one rule.
struct Mutant: Decodable, Sendable {
    /// The requirement whose code it disables.
    let id: String
    /// The source, as seen from the root of the checkout.
    let file: String
    /// Stands exactly once in the source.
    let find: String
    let replace: String
    /// Whether a test run that does not end counts as a failing one.
    let mayHang: Bool?
}

/// `Tests/Mutants/mutants.json`.
struct MutantFile: Decodable {
    /// What the drawing starts from.
    let seed: UInt64
    /// How many ids are drawn.
    let count: Int
    let mutants: [Mutant]

    static func load() throws -> MutantFile {
        try JSONDecoder().decode(MutantFile.self, from: Data(Checkout.text("Tests/Mutants/mutants.json").utf8))
    }
}

/// Which requirements are put to the test by mutants.
struct MutantDrawing {
    /// Where the code of a drawn requirement stands.
    static let sources = ["CBOR", "CryptoPrimitives", "COSE", "CoAP", "OSCORE", "GroupOSCORE"]
    /// Where the code of further mutants may stand, which are chosen by hand.
    static let undrawnSources = ["CoAPEngine", "CoAPSecurity", "GoscKit"]
    /// The targets whose tests can kill a drawn mutant.
    static let testTargets: Set<String> = [
        "BytesTests", "CBORTests", "CryptoPrimitivesTests", "COSETests", "CoAPTests", "OSCORETests",
        "GroupOSCORETests",
    ]
    /// And those that can kill one that was chosen. All are in the core-only package.
    static let undrawnTestTargets: Set<String> = ["CoAPEngineTests", "CoAPSecurityTests", "GoscKitTests"]

    /// The tests of each requirement that the core-only package can run.
    let tests: [String: [TaggedTest]]
    /// Mandatory requirements of the catalogue `oscore` that the core's sources and tests name.
    let eligible: Set<String>

    init() throws {
        var tests: [String: [TaggedTest]] = [:]
        var tested: Set<String> = []
        for test in try TaggedTest.all() {
            let canBeDrawn = Self.testTargets.contains(test.target)
            guard canBeDrawn || Self.undrawnTestTargets.contains(test.target) else { continue }
            for id in Set(test.ids) { tests[id, default: []].append(test) }
            if canBeDrawn { tested.formUnion(test.ids) }
        }
        let mandatory = try RequirementCatalogue(reading: "oscore").requirements.filter(\.isMandatory).map(\.id)
        let marked = try CodeMarks.files().filter { _, files in
            files.contains { file in Self.sources.contains { file.hasPrefix("Sources/\($0)/") } }
        }
        self.tests = tests
        self.eligible = Set(mandatory).intersection(tested).intersection(marked.keys)
    }

    /// The ids with the lowest lots. A lot depends on nothing but seed and id, so that a requirement more or less changes
    /// the drawing by one.
    func drawn(seed: UInt64, count: Int) -> [String] {
        Array(eligible.sorted { (Self.lot($0, seed), $0) < (Self.lot($1, seed), $1) }.prefix(count))
    }

    /// FNV-1a of the seed's bytes and the id, well mixed.
    static func lot(_ id: String, _ seed: UInt64) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in (0..<8).map({ UInt8(truncatingIfNeeded: seed >> UInt64(8 * $0)) }) + Array(id.utf8) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        return hash ^ (hash >> 33)
    }
}
