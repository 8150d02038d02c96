import Foundation
import Testing

/// Trust is a type: what takes verified requests cannot be registered for anything else. Shown by the compiler, which
/// must refuse the one program and take the other.
struct TrustTests {
    private static let verified = """
        import BuildingAutomation
        import CoAPEngine
        import CoAPSecurity
        import GroupOSCORE

        func serve() {
            var tree = ResourceTree<GroupOSCORE.VerifiedRequest>()
            Lamp().register(in: &tree)
        }
        """

    @Test func aLampCanBeRegisteredForVerifiedRequests() throws {
        let (status, output) = try compile(Self.verified)
        #expect(status == 0, "\(output)")
    }

    @Test func aLampCannotBeRegisteredForUnprotectedRequests() throws {
        let program = Self.verified.replacing("GroupOSCORE.VerifiedRequest", with: "UnprotectedRequest")
        let (status, output) = try compile(program)
        #expect(status != 0)
        #expect(output.contains("cannot convert value of type 'ResourceTree<UnprotectedRequest>'"), "\(output)")
    }

    @Test func nobodyElseCanMakeAVerifiedRequest() throws {
        let program = """
            import CoAP
            import GroupOSCORE
            import OSCORE

            func forge(_ message: Message, _ sender: SenderID, _ binding: GroupRequestBinding) -> GroupOSCORE.VerifiedRequest {
                GroupOSCORE.VerifiedRequest(message: message, sender: sender, binding: binding)
            }
            """
        let (status, output) = try compile(program)
        #expect(status != 0)
        #expect(output.contains("inaccessible due to 'internal' protection level"), "\(output)")
    }

    // Nobody is authenticated by a deterministic request.
    @Test func aHandlerThatNeedsAMemberCannotTakeADeterministicRequest() throws {
        let program = """
            import GroupOSCORE

            func dim(_ request: DeterministicRequest) {}

            func serve(_ request: DeterministicRequest) {
                dim(request)
            }
            """
        let (status, output) = try compile(program)
        #expect(status == 0, "\(output)")
        let (refusal, reason) = try compile(
            program.replacing(
                "dim(_ request: DeterministicRequest)", with: "dim(_ request: GroupOSCORE.VerifiedRequest)"))
        #expect(refusal != 0)
        #expect(reason.contains("cannot convert value of type 'DeterministicRequest'"), "\(reason)")
    }

    /// Type-checks a program against the modules beside this test program.
    private func compile(_ program: String) throws -> (status: Int32, output: String) {
        let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
        let folder = URL.temporaryDirectory.appending(path: "gosc-trust-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = folder.appending(path: "program.swift")
        try program.write(to: source, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "swiftc", "-typecheck", "-swift-version", "6", "-enable-experimental-feature", "Lifetimes", "-I",
            products.appending(path: "Modules").path, "-Xcc",
            "-fmodule-map-file=\(products.path)/CSecureMemory.build/module.modulemap", "-I",
            sources.appending(path: "CSodium").path, "-I", sources.appending(path: "CLibCrypto").path, source.path,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
