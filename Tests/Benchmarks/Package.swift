// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

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
            ], path: "Benchmarks", swiftSettings: settings),
        // Requests a second, beside libcoap: one program runs pairs of the others.
        .executableTarget(
            name: "EndpointBenchmark", path: "EndpointBenchmark",
            // For pipe2.
            cSettings: [.define("_GNU_SOURCE")], swiftSettings: settings),
        .target(name: "CPeerSupport", path: "CPeerSupport"),
        .executableTarget(
            name: "LibcoapPeer", dependencies: ["CPeerSupport"], path: "LibcoapPeer",
            linkerSettings: [.linkedLibrary("coap-3-notls")]),
        .executableTarget(
            name: "GoscPeer", dependencies: ["CPeerSupport", .product(name: "GoscKit", package: "gosc")],
            path: "GoscPeer", swiftSettings: settings),
    ]
)
