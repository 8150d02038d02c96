// swift-tools-version: 6.2

import Foundation
import PackageDescription

/// Whether Debian's libqrencode-dev is here: without it everything is built but the QR codes of invitations (decision 30).
let hasQrencode =
    Context.environment["GOSC_WITHOUT_QRENCODE"] == nil
    && ["/usr/include", "/usr/local/include"].contains { FileManager.default.fileExists(atPath: "\($0)/qrencode.h") }

/// Every target: Swift 6 language mode, all warnings are errors, nothing imported or exported by accident.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .treatWarning("ExplicitSendable", as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    // The guards that `gosc demo` proves can be switched off in a test build only, to show that the proof can fail.
    .define("GOSC_TEST_GUARDS", .when(configuration: .debug)),
]

/// The sans-IO core and the transport: every use of unsafe memory is spelled out.
let core: [SwiftSetting] = strict + [.strictMemorySafety()]

/// Glibc hides `recvmmsg`, `in6_pktinfo` and friends without it.
let gnu: [CSetting] = [.define("_GNU_SOURCE")]

let package = Package(
    name: "gosc",
    products: [
        .executable(name: "gosc", targets: ["gosc"]),
        .library(name: "CBOR", targets: ["CBOR"]),
        // Keys and borrowed bytes stand in the public signatures of the products below.
        .library(name: "COSE", targets: ["COSE", "CryptoPrimitives", "Bytes"]),
        .library(name: "CoAP", targets: ["CoAP"]),
        .library(name: "CoAPEngine", targets: ["CoAPEngine"]),
        .library(name: "OSCORE", targets: ["OSCORE"]),
        .library(name: "GroupOSCORE", targets: ["GroupOSCORE"]),
        .library(name: "GroupManager", targets: ["GroupManager"]),
        .library(name: "MemberNode", targets: ["MemberNode"]),
        .library(
            name: "GoscKit",
            targets: [
                "GoscKit", "CoAPSecurity", "CoAPEngine", "CoAP", "OSCORE", "GroupOSCORE", "COSE", "CryptoPrimitives",
                "DatagramTransport",
                "Bytes",
            ]),
        .library(name: "X509Credentials", targets: ["X509Credentials"]),
    ],
    traits: [
        .trait(name: "X509", description: "X.509 credentials, which need swift-certificates and with it swift-crypto."),
        .default(enabledTraits: ["X509"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // 0: the C world
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CQrencode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .target(name: "CSecureMemory"),
        // 1 to 12: the sans-IO core
        .target(name: "Bytes", dependencies: ["CSecureMemory"], swiftSettings: core),
        .target(name: "CBOR", dependencies: ["Bytes"], swiftSettings: core),
        .target(
            name: "CryptoPrimitives", dependencies: ["CSodium", "CLibCrypto", "CSecureMemory", "Bytes"],
            swiftSettings: core),
        .target(name: "COSE", dependencies: ["Bytes", "CBOR", "CryptoPrimitives"], swiftSettings: core),
        .target(name: "CoAP", dependencies: ["Bytes"], swiftSettings: core),
        .target(name: "CoAPEngine", dependencies: ["Bytes", "CoAP"], swiftSettings: core),
        .target(
            name: "OSCORE", dependencies: ["Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP"], swiftSettings: core),
        .target(
            name: "GroupOSCORE", dependencies: ["Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "OSCORE"],
            swiftSettings: core),
        .target(
            name: "CoAPSecurity",
            dependencies: ["Bytes", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "GroupOSCORE"],
            swiftSettings: core),
        .target(
            name: "ACEGroupcomm", dependencies: ["Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP"],
            swiftSettings: core),
        .target(
            name: "GroupManager",
            dependencies: [
                "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "GroupOSCORE",
                "ACEGroupcomm",
            ], swiftSettings: core),
        .target(
            name: "MemberNode",
            dependencies: [
                "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "GroupOSCORE",
                "CoAPSecurity", "ACEGroupcomm",
            ], swiftSettings: core),
        .target(
            name: "BuildingAutomation",
            dependencies: ["Bytes", "CBOR", "CoAP", "CoAPEngine", "GroupOSCORE", "CoAPSecurity"], swiftSettings: core),
        // Beside the core: what `gosc message` does, line by line
        .target(
            name: "MessageWorkbench",
            dependencies: ["Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "OSCORE", "GroupOSCORE"],
            swiftSettings: core),
        // 13: sockets
        .target(name: "DatagramTransport", dependencies: ["Bytes"], cSettings: gnu, swiftSettings: core),
        // 13a: what COSE cannot read itself; empty without the trait
        .target(
            name: "X509Credentials",
            dependencies: [
                "Bytes", "CBOR", "CryptoPrimitives", "COSE",
                .product(name: "SwiftASN1", package: "swift-asn1", condition: .when(traits: ["X509"])),
                .product(name: "X509", package: "swift-certificates", condition: .when(traits: ["X509"])),
            ], swiftSettings: strict),
        // 15: what a Swift developer embeds
        .target(
            name: "GoscKit",
            dependencies: [
                "Bytes", "CBOR", "COSE", "CoAP", "CoAPEngine", "OSCORE", "GroupOSCORE", "CoAPSecurity",
                "DatagramTransport",
            ], cSettings: gnu, swiftSettings: core),
        // 14 to 17: storage, the loop, the command
        .target(
            name: "Persistence",
            dependencies: [
                "Bytes", "CryptoPrimitives", "COSE", "OSCORE", "GroupOSCORE", "ACEGroupcomm", "GroupManager",
                "MemberNode",
                .product(name: "GRDB", package: "GRDB.swift"),
            ], cSettings: gnu, swiftSettings: strict),
        .target(
            name: "ServiceShell",
            dependencies: [
                "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "GroupOSCORE",
                "ACEGroupcomm",
                "GroupManager", "MemberNode", "BuildingAutomation", "DatagramTransport", "Persistence",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], cSettings: gnu, swiftSettings: strict),
        .executableTarget(
            name: "gosc",
            dependencies: [
                "CSecureMemory", "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE",
                "GroupOSCORE", "CoAPSecurity",
                "ACEGroupcomm",
                "GroupManager", "MemberNode", "BuildingAutomation", "MessageWorkbench", "X509Credentials",
                "DatagramTransport", "GoscKit",
                "Persistence",
                "ServiceShell",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ] + (hasQrencode ? ["CQrencode"] : []), cSettings: gnu,
            swiftSettings: strict + (hasQrencode ? [.define("GOSC_QRENCODE")] : [])),
        // T: what tests share
        .target(
            name: "TestSupport", dependencies: ["Bytes", "CryptoPrimitives"], path: "Tests/TestSupport",
            exclude: ["Requirements"],
            resources: [.copy("Vectors")],
            swiftSettings: strict),
        // What other people's clients are tried with; in no product.
        .executableTarget(
            name: "gosc-plugtest",
            dependencies: [
                "Bytes", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "CoAPSecurity",
                "DatagramTransport", "GoscKit",
            ],
            path: "Tests/Plugtest", swiftSettings: strict),
        // What the power is cut under; in no product. Beside it lies the layer under SQLite that its tests compile.
        .executableTarget(
            name: "gosc-power-cut",
            dependencies: [
                "Bytes", "CryptoPrimitives", "OSCORE", "ACEGroupcomm", "GroupManager", "Persistence", "TestSupport",
            ],
            path: "Tests/PowerCut/Writer", swiftSettings: strict),
        // What joining costs a manager: `scripts/bench join`; in no product. Not in the package of the other benchmarks, because it
        // needs the store and the shell, and the command beside it.
        .executableTarget(
            name: "gosc-join-benchmark",
            dependencies: [
                "CSodium", "Bytes", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "ACEGroupcomm",
                "GroupManager", "MemberNode", "DatagramTransport", "Persistence", "ServiceShell",
            ],
            path: "Tests/Benchmarks/JoinBenchmark", swiftSettings: strict),
        .testTarget(
            name: "PowerCutProcessTests",
            dependencies: ["GroupManager", "Persistence", "TestSupport", "gosc-power-cut"],
            path: "Tests/PowerCut/ProcessTests", swiftSettings: strict),
        // Live, against other implementations.
        .testTarget(
            name: "InteropProcessTests",
            dependencies: [
                "Bytes", "CryptoPrimitives", "CoAP", "CoAPEngine", "OSCORE", "CoAPSecurity", "DatagramTransport",
                "GoscKit", "gosc",
                "gosc-plugtest", "TestSupport",
            ],
            path: "Tests/InteropTests", resources: [.copy("Peers")], swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "GoscTests",
            dependencies: [
                "Bytes", "COSE", "CoAP", "ACEGroupcomm", "CryptoPrimitives", "GroupManager", "ServiceShell",
                "gosc", "TestSupport", .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        // They run the built command; the dependency sees to it that it is built.
        .testTarget(
            name: "ProcessTests", dependencies: ["ACEGroupcomm", "gosc", "gosc-plugtest", "TestSupport"],
            resources: [.copy("CommandTable")],
            swiftSettings: strict),
        .testTarget(
            name: "DatagramTransportTests", dependencies: ["Bytes", "DatagramTransport", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "CoAPSecurityTests",
            dependencies: [
                "Bytes", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "GroupOSCORE", "CoAPSecurity",
                "TestSupport",
            ], swiftSettings: strict),
        .testTarget(
            name: "GoscKitTests",
            dependencies: [
                "Bytes", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "GroupOSCORE", "CoAPSecurity",
                "GoscKit", "TestSupport",
            ], swiftSettings: strict),
        .testTarget(
            name: "ServiceShellTests", dependencies: ["Bytes", "DatagramTransport", "ServiceShell", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "BytesTests", dependencies: ["Bytes", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "CBORTests", dependencies: ["Bytes", "CBOR", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "CryptoPrimitivesTests", dependencies: ["Bytes", "CryptoPrimitives", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "COSETests", dependencies: ["Bytes", "CBOR", "CryptoPrimitives", "COSE", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "X509CredentialsTests",
            dependencies: [
                "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "OSCORE", "GroupOSCORE", "X509Credentials",
                "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CoAPTests", dependencies: ["Bytes", "CoAP", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "CoAPEngineTests", dependencies: ["Bytes", "CoAP", "CoAPEngine", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "OSCORETests", dependencies: ["Bytes", "CryptoPrimitives", "COSE", "CoAP", "OSCORE", "TestSupport"],
            swiftSettings: strict),
        // The worked examples of the DocC catalogues, run.
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "GroupOSCORE",
                "CoAPSecurity", "ACEGroupcomm", "GroupManager", "MemberNode", "X509Credentials", "GoscKit",
                "TestSupport",
            ], swiftSettings: strict),
        .testTarget(
            name: "GroupOSCORETests",
            dependencies: ["Bytes", "CryptoPrimitives", "COSE", "CoAP", "OSCORE", "GroupOSCORE", "TestSupport"],
            swiftSettings: strict),
        // What `scripts/fuzz` checks, on the inputs that are kept.
        .testTarget(
            name: "FuzzCorpusTests",
            dependencies: [
                "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "GroupOSCORE",
                "X509Credentials", "TestSupport",
            ],
            path: "Tests/Fuzz/Properties", swiftSettings: strict),
        .testTarget(
            name: "MessageWorkbenchTests",
            dependencies: [
                "Bytes", "CryptoPrimitives", "COSE", "CoAP", "OSCORE", "GroupOSCORE", "MessageWorkbench", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ACEGroupcommTests",
            dependencies: ["Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "ACEGroupcomm", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "GroupManagerTests",
            dependencies: [
                "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "ACEGroupcomm",
                "GroupManager", "TestSupport",
            ], swiftSettings: strict),
        .testTarget(
            name: "MemberNodeTests",
            dependencies: [
                "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "CoAPEngine", "OSCORE", "GroupOSCORE",
                "CoAPSecurity", "ACEGroupcomm", "GroupManager", "MemberNode", "BuildingAutomation", "TestSupport",
            ], swiftSettings: strict),
        .testTarget(
            name: "PersistenceTests",
            dependencies: [
                "Bytes", "CryptoPrimitives", "COSE", "OSCORE", "GroupOSCORE", "ACEGroupcomm", "GroupManager",
                "MemberNode", "Persistence", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ], resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "KillProcessTests",
            dependencies: ["Bytes", "CoAP", "OSCORE", "ServiceShell", "gosc", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "TrustProcessTests", dependencies: ["BuildingAutomation"], swiftSettings: strict),
    ]
)

// `scripts/mutants` builds the core and its tests alone: nothing to fetch, and seconds instead of minutes.
if Context.environment["GOSC_CORE_ONLY"] != nil {
    let core: Set<String> = [
        "CSodium", "CLibCrypto", "CSecureMemory", "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "OSCORE",
        "CoAPEngine", "GroupOSCORE", "CoAPSecurity", "DatagramTransport", "GoscKit", "TestSupport", "ArchitectureTests",
        "BytesTests",
        "CBORTests",
        "CryptoPrimitivesTests", "COSETests", "CoAPTests", "CoAPEngineTests", "OSCORETests", "GroupOSCORETests",
        "DatagramTransportTests", "GoscKitTests", "CoAPSecurityTests", "gosc-plugtest", "ACEGroupcomm",
        "ACEGroupcommTests",
        "GroupManager", "GroupManagerTests", "MemberNode", "MemberNodeTests", "BuildingAutomation",
    ]
    package.targets.removeAll { !core.contains($0.name) }
    package.products = []
    package.dependencies = []
}
