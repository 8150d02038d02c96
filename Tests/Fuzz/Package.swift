// swift-tools-version: 6.2

import PackageDescription

// A package of its own: `scripts/fuzz` builds it, and everything below it, with the instrumentation of libFuzzer. What
// must hold for every input stands in `Properties`, which the unit tests of the root package apply to the corpus.
//
// Built a second time for X.509 alone: libFuzzer looks through all counters after each input, and those of the certificate
// libraries are three times as many as all others.
let withX509 = Context.environment["GOSC_FUZZ_X509"] != nil

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
                .product(name: "CoAPEngine", package: "gosc"),
                .product(name: "OSCORE", package: "gosc"),
                .product(name: "GroupOSCORE", package: "gosc"),
            ] + (withX509 ? [.product(name: "X509Credentials", package: "gosc")] : []),
            path: ".", exclude: ["Properties/CorpusTests", "Corpus"], sources: ["Properties", "Driver"],
            swiftSettings: [
                .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .enableExperimentalFeature("Lifetimes"),
            ] + (withX509 ? [.define("X509")] : []))
    ]
)
