import Foundation
import TestSupport
import Testing

/// What these tests find on this machine: other people's programs, and our own beside the test program.
enum Surroundings {
    static let checkout = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Made by scripts/interop-environment.
    static let environment = checkout.appending(path: ".build/interop-environment")
    static let python = environment.appending(path: "bin/python3").path
    static let plugtestServer = built("gosc-plugtest")
    static let gosc = built("gosc")

    /// A file of `Peers`.
    static func peer(_ name: String) throws -> String {
        guard let url = Bundle.module.url(forResource: "Peers/\(name)", withExtension: nil) else {
            throw CocoaError(.fileNoSuchFile)
        }
        return url.path
    }

    /// Whether the Python environment is whole.
    static var hasPython: Bool {
        FileManager.default.fileExists(atPath: environment.appending(path: "packages").path)
    }

    /// Adds an address to `lo` of the namespace, so that several servers can have one port.
    static func address(_ text: String) throws -> String {
        // It may be there already.
        _ = try Program.run("ip", "-6", "address", "add", "\(text)/128", "dev", "lo", "nodad")
        return text
    }

    static var path: String {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    }

    private static func built(_ name: String) -> String {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: name)
            .path
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where aiocoap could not be had.
    static var aiocoapPresent: Self {
        .enabled(
            if: Surroundings.hasPython,
            "aiocoap is not here: scripts/interop-environment makes its environment where PyPI can be reached")
    }

    /// Skips without libcoap's programs.
    static var libcoapPresent: Self { present("coap-client-notls", of: "libcoap3-bin") }
}
