// swift-tools-version: 6.2

import PackageDescription

// A package of its own: `scripts/fuzz` builds it, and everything below it, with the instrumentation of libFuzzer. What
// must hold for every input stands in `Properties`, which the unit tests of the root package apply to the corpus.
let package = Package(
    name: "gosc-fuzz",
    dependencies: [.package(name: "gosc", path: "../..")],
    targets: [
        .executableTarget(
            name: "fuzz",
            dependencies: [
                .product(name: "CBOR", package: "gosc"),
                .product(name: "COSE", package: "gosc"),
                .product(name: "CoAP", package: "gosc"),
                .product(name: "OSCORE", package: "gosc"),
                .product(name: "GroupOSCORE", package: "gosc"),
                .product(name: "X509Credentials", package: "gosc"),
            ], path: ".", exclude: ["Properties/CorpusTests", "Corpus"], sources: ["Properties", "Driver"],
            swiftSettings: [
                .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .enableExperimentalFeature("Lifetimes"),
            ])
    ]
)
