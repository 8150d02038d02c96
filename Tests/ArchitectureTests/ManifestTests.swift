import Testing

/// What the manifest says (`swift package dump-package`), against the module table.
@Suite(.enabled(if: Checkout.isRecorded("GOSC_PACKAGE_DUMP"), Checkout.recordingReason))
struct ManifestTests {
    private let manifest: Manifest

    init() throws {
        manifest = try Checkout.recorded("GOSC_PACKAGE_DUMP")
    }

    @Test func everyTargetStandsInTheModuleTable() {
        let inManifest = Set(manifest.targets.filter { $0.type != "test" }.map(\.name))
        #expect(inManifest == Set(ModuleTable.floors.map(\.target)))
    }

    @Test func everyTargetDependsOnFloorsBelowItOnly() {
        for floor in ModuleTable.floors {
            guard let target = manifest.targets.first(where: { $0.name == floor.target }) else { continue }
            let allowed = floor.targets.union(floor.products)
            let extra = Set(target.dependencies.map(\.name)).subtracting(allowed)
            #expect(extra.isEmpty, "\(floor.target) may not depend on these")
        }
    }

    @Test func everyFloorStandsOnFloorsListedBeforeIt() {
        var below: Set<String> = []
        for floor in ModuleTable.floors {
            #expect(floor.targets.isSubset(of: below), "\(floor.target)")
            below.insert(floor.target)
        }
    }

    @Test func everySwiftTargetIsHeldToTheStrictSettings() {
        let common: Set<String> = [
            "swiftLanguageMode 6", "treatAllWarnings error", "enableUpcomingFeature ExistentialAny",
            "enableUpcomingFeature InternalImportsByDefault", "enableUpcomingFeature MemberImportVisibility",
        ]
        let withoutSwift: Set<String> = ["CSodium", "CLibCrypto", "CQrencode", "CSecureMemory"]
        for target in manifest.targets where !withoutSwift.contains(target.name) {
            let floor = ModuleTable.floors.first { $0.target == target.name }
            let isStrictest = floor?.isCore == true || target.name == "DatagramTransport"
            let needed = isStrictest ? common.union(["strictMemorySafety"]) : common
            #expect(needed.isSubset(of: target.settings.map(\.text)), "\(target.name)")
        }
    }

    @Test func everyDirectDependencyIsPinnedToOneVersion() {
        #expect(!manifest.dependencies.isEmpty)
        for dependency in manifest.dependencies {
            for source in dependency.sourceControl ?? [] {
                #expect(source.requirement.exact?.count == 1, "\(source.identity)")
            }
            #expect(dependency.sourceControl != nil, "only repositories, no local folders")
        }
    }
}

/// The parts of `dump-package` that are looked at.
private struct Manifest: Decodable {
    struct Target: Decodable {
        let name: String
        let type: String
        let dependencies: [Dependency]
        let settings: [Setting]
    }

    struct Dependency: Decodable {
        let byName: [String?]?
        let product: [Condition?]?
        let target: [String?]?

        var name: String { byName?.first.flatMap { $0 } ?? target?.first.flatMap { $0 } ?? productName ?? "?" }
        private var productName: String? { product?.first.flatMap { $0 }?.text }
    }

    /// An element of a product dependency: text, or a condition that does not matter here.
    struct Condition: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }

    struct Setting: Decodable {
        let kind: [String: [String: String]]

        var text: String {
            kind.map { name, values in ([name] + values.keys.sorted().compactMap { values[$0] }).joined(separator: " ")
            }
            .joined()
        }
    }

    struct PackageDependency: Decodable {
        struct SourceControl: Decodable {
            struct Requirement: Decodable {
                let exact: [String]?
            }

            let identity: String
            let requirement: Requirement
        }

        let sourceControl: [SourceControl]?
    }

    let targets: [Target]
    let dependencies: [PackageDependency]
}
