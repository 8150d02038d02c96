/// The floors of the package, as data: what each target may import and depend on. Each stands only on those below.
struct Floor: Sendable {
    /// The name of the target.
    let target: String
    /// Targets of this package.
    let targets: Set<String>
    /// Products of other packages.
    let products: Set<String>
    /// Modules of the toolchain and the system that imports may name.
    let system: Set<String>
    /// Whether it belongs to the sans-IO core: no socket, clock, random source, Foundation or logger.
    let isCore: Bool

    init(
        _ target: String, on targets: [String] = [], products: Set<String> = [], system: Set<String> = [],
        isCore: Bool = false
    ) {
        self.target = target
        self.targets = Set(targets)
        self.products = products
        self.system = system
        self.isCore = isCore
    }
}

enum ModuleTable {
    static let floors: [Floor] = [
        // 0: the C world
        Floor("CSodium"),
        Floor("CLibCrypto"),
        Floor("CQrencode"),
        Floor("CSecureMemory"),
        // 1 to 12: the sans-IO core
        Floor("Bytes", on: ["CSecureMemory"], isCore: true),
        Floor("CBOR", on: ["Bytes"], isCore: true),
        Floor("CryptoPrimitives", on: ["CSodium", "CLibCrypto", "CSecureMemory", "Bytes"], isCore: true),
        Floor("COSE", on: upToCrypto, isCore: true),
        Floor("CoAP", on: ["Bytes"], isCore: true),
        Floor("CoAPEngine", on: ["Bytes", "CoAP"], isCore: true),
        // Part of the standard library; for the guards that a test build can switch off.
        Floor("OSCORE", on: upToCoAP, system: ["Synchronization"], isCore: true),
        Floor("GroupOSCORE", on: upToCoAP + ["OSCORE"], isCore: true),
        Floor("CoAPSecurity", on: upToCoAP + ["CoAPEngine", "OSCORE", "GroupOSCORE"], isCore: true),
        Floor("ACEGroupcomm", on: upToCoAP, isCore: true),
        Floor("GroupManager", on: upToACE, isCore: true),
        Floor("MemberNode", on: upToACE + ["CoAPSecurity"], isCore: true),
        // Part of the standard library; a lamp is one object that its handlers share.
        Floor("BuildingAutomation", on: upToACE + ["CoAPSecurity"], system: ["Synchronization"], isCore: true),
        // Beside the core: messages described in JSON, for one command.
        Floor("MessageWorkbench", on: upToCoAP + ["OSCORE", "GroupOSCORE"], isCore: true),
        // 13: sockets
        Floor("DatagramTransport", on: ["Bytes"], system: ["Glibc", "Synchronization"]),
        // 15: what a Swift developer embeds
        Floor(
            "GoscKit", on: upToCoAP + ["CoAPEngine", "OSCORE", "GroupOSCORE", "CoAPSecurity", "DatagramTransport"],
            system: ["Glibc", "Synchronization"]),
        // 13a: certificates; dates are Foundation's
        Floor("X509Credentials", on: upToCrypto + ["COSE"], products: ["SwiftASN1", "X509"], system: ["Foundation"]),
        // 14 to 17: storage, the loop, the command
        Floor(
            "Persistence",
            on: [
                "Bytes", "CryptoPrimitives", "COSE", "OSCORE", "GroupOSCORE", "ACEGroupcomm", "GroupManager",
                "MemberNode",
            ], products: ["GRDB"], system: applications),
        Floor(
            "ServiceShell", on: upToPersistence, products: ["Logging", "ServiceLifecycle"], system: applications),
        Floor(
            "gosc",
            on: upToPersistence + [
                "CQrencode", "CSecureMemory", "MessageWorkbench", "X509Credentials", "CoAPSecurity", "GoscKit",
                "ServiceShell",
            ],
            products: ["Logging", "ServiceLifecycle", "UnixSignals", "ArgumentParser", "Yams"],
            system: applications),
        // T: what tests share, and programs for tests
        Floor(
            "TestSupport", on: upToACE + ["MemberNode", "BuildingAutomation"],
            system: ["Foundation", "Glibc", "Synchronization", "Testing"]),
        Floor(
            "gosc-plugtest", on: upToCoAP + ["CoAPEngine", "OSCORE", "CoAPSecurity", "DatagramTransport", "GoscKit"],
            system: ["Glibc", "Synchronization"]),
        Floor("gosc-power-cut", on: upToPersistence + ["TestSupport"], system: ["Glibc"]),
        // The one that may call libsodium beside CryptoPrimitives: what the library costs without us.
        Floor(
            "gosc-join-benchmark", on: upToPersistence + ["CSodium", "ServiceShell"], system: ["Foundation", "Glibc"]),
    ]

    private static let upToCrypto = ["Bytes", "CBOR", "CryptoPrimitives"]
    private static let upToCoAP = upToCrypto + ["COSE", "CoAP"]
    private static let upToACE = upToCoAP + ["CoAPEngine", "OSCORE", "GroupOSCORE", "ACEGroupcomm"]
    private static let upToPersistence =
        upToACE + ["GroupManager", "MemberNode", "BuildingAutomation", "DatagramTransport", "Persistence"]
    private static let applications: Set<String> = ["Foundation", "Glibc", "Synchronization", "Dispatch"]
}
