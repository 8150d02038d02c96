import Foundation
import Testing

/// A manager with one group.
struct InvitationStage {
    let gosc: GoscProgram
    private let service: GoscProgram.Service

    init() throws {
        gosc = try GoscProgram()
        try Data("name: demo-lights".utf8).write(to: gosc.folder.appending(path: "demo-lights.yaml"))
        try #require(gosc.run(["manager", "init", "--group", "demo-lights.yaml"]).exitCode == 0)
        service = try gosc.start(["manager", "run", "--bind", "::1", "--port", String(try FreePort.udp())])
        try #require(gosc.run(["group", "list", "--wait", "60s"]).exitCode == 0)
    }

    func tearDown() {
        #expect(service.stop() == 0)
    }

    /// What invites a node.
    func invite(_ name: String, _ options: String...) -> [String] {
        ["member", "invite", "demo-lights", name, "--role", "responder", "--manager-address", "[2001:db8::1]:5683"]
            + options
    }

    /// What stands in the QR code that a terminal shows; empty if zbarimg finds none.
    ///
    /// - Parameter inverted: Whether light modules on a dark ground are tried, too.
    func read(
        _ output: String, on theme: Screen.Theme, columns: Int = 200, inverted: Bool = false
    ) throws -> String {
        let picture = try gosc.file("picture")
        defer { try? FileManager.default.removeItem(at: picture) }
        try Data(Screen(showing: output, columns: columns, theme: theme).picture).write(to: picture)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["zbarimg", "--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable"]
            + (inverted ? ["-Stest-inverted"] : []) + ["pgm:\(picture.path)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }
}
