import Bytes
import Foundation
import Glibc

/// The namespace of the demo, seen from inside: a loopback interface that can multicast, an address for every node, and a
/// file system in memory that nobody else sees.
enum PrivateNetwork {
    /// The only interface there is.
    static let interface = "lo"

    /// The address of the n-th node, `fd00:676f:7363::n`.
    static func address(_ number: Int) -> IPv6Address {
        IPv6Address(high: 0xfd00_676f_7363_0000, low: UInt64(number))
    }

    /// Sets everything up.
    ///
    /// - Returns: The directory for all state.
    static func setUp(program: Program, addresses: Int) async throws(DemoError) -> String {
        let directory = try mountMemory()
        var lines = ["link set lo up multicast on", "route add local ff00::/8 dev lo table local"]
        lines += (1...max(addresses, 1)).map { "address add \(address($0))/128 dev lo nodad" }
        let input = try Pipe()
        let errors = "\(directory)/ip.log"
        var launch = program.tool("ip", ["-6", "-batch", "-"])
        launch.input = .descriptor(input.reading)
        launch.errors = .file(errors)
        let process = try ChildProcess.start(launch)
        input.closeReading()
        input.write(lines.joined(separator: "\n") + "\n")
        input.closeWriting()
        guard await process.wait(atMost: .seconds(5)) == .exited(0) else {
            let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
            throw DemoError("ip failed: \(text.split(separator: "\n").first ?? "no message")")
        }
        return directory
    }

    /// Mounts a file system in memory over a directory that exists everywhere and that the demo does not need. Nobody
    /// outside the mount namespace sees it, and it goes with the namespace.
    private static func mountMemory() throws(DemoError) -> String {
        var reason = "no directory to mount it at"
        for path in ["/dev/shm", "/mnt", "/media", "/srv"] where access(path, F_OK) == 0 {
            if mount("tmpfs", path, "tmpfs", UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC), "mode=0700") == 0 { return path }
            reason = "\(path): \(systemText(errno))"
        }
        throw DemoError("cannot mount a file system in memory: \(reason)")
    }
}
