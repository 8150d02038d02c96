// swift-tools-version: 6.2

import PackageDescription

// A package of its own: it is built for release, needs the core alone, and replaces the allocator of its test program.
let package = Package(
    name: "gosc-allocations",
    dependencies: [.package(name: "gosc", path: "../..")],
    targets: [
        .target(name: "CAllocationCounter", path: "CAllocationCounter"),
        .testTarget(
            name: "AllocationTests",
            dependencies: [
                "CAllocationCounter",
                .product(name: "CBOR", package: "gosc"),
                .product(name: "COSE", package: "gosc"),
                .product(name: "CoAP", package: "gosc"),
                .product(name: "OSCORE", package: "gosc"),
                .product(name: "GroupOSCORE", package: "gosc"),
                .product(name: "CoAPEngine", package: "gosc"),
                .product(name: "GroupManager", package: "gosc"),
                .product(name: "MemberNode", package: "gosc"),
            ], path: "AllocationTests",
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
    ]
)
