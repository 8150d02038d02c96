// swift-tools-version: 6.2

import PackageDescription

// A package of its own: it is built for release and needs the core alone.
let package = Package(
    name: "gosc-benchmarks",
    dependencies: [.package(name: "gosc", path: "../..")],
    targets: [
        // What the libraries cost without us. It calls them directly, so that nothing of ours is in the measure.
        .target(
            name: "CRawCalls", path: "CRawCalls",
            linkerSettings: [.linkedLibrary("crypto"), .linkedLibrary("sodium"), .linkedLibrary("m")]),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "CRawCalls",
                .product(name: "CBOR", package: "gosc"),
                .product(name: "COSE", package: "gosc"),
                .product(name: "CoAP", package: "gosc"),
                .product(name: "OSCORE", package: "gosc"),
                .product(name: "GroupOSCORE", package: "gosc"),
            ], path: "Benchmarks",
            swiftSettings: [
                .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
            ]),
    ]
)
