import Foundation
import Testing

/// Network namespaces on one bridge, so that every node has an address of its own. Needs a namespace of one's own, where this
/// process is root; the bridge stands there, as `br0`.
final class Street {
    private var dwellers: [Process] = []

    /// The addresses of this process.
    static let managerAddress = "fd00::1"
    static let ownAddress = "fd00::2"

    init() throws {
        // Else it takes the lowest address of its ports, and whoever knows the one before that sends into nothing.
        try Self.shell(
            """
            ip link add br0 address 02:00:00:00:00:01 type bridge mcast_snooping 0 && ip link set br0 up multicast on
            ip addr add \(Self.managerAddress)/64 dev br0 nodad && ip addr add \(Self.ownAddress)/64 dev br0 nodad
            """)
    }

    /// A process in a new namespace, whose `eth0` is on the bridge.
    func addHouse() throws -> pid_t {
        let dweller = Process()
        dweller.executableURL = URL(filePath: "/usr/bin/env")
        dweller.arguments = ["unshare", "--net", "sleep", "3600"]
        try dweller.run()
        dwellers.append(dweller)
        let (pid, number) = (dweller.processIdentifier, dwellers.count)
        // Until it is in a namespace of its own.
        for _ in 0..<500 {
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
            let its = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/net")
            if let its, its != own { break }
            usleep(10_000)
        }
        try Self.shell(
            """
            ip link add v\(number) type veth peer name eth0 netns \(pid) && ip link set v\(number) master br0 up
            nsenter -t \(pid) -n sh -c 'ip link set lo up && ip link set eth0 up multicast on \
            && ip addr add fd00::\(String(number + 15, radix: 16))/64 dev eth0 nodad'
            """)
        return pid
    }

    func tearDown() {
        for dweller in dwellers {
            kill(dweller.processIdentifier, SIGKILL)
            dweller.waitUntilExit()
        }
    }

    private static func shell(_ text: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-e", "-c", "PATH=$PATH:/usr/sbin:/sbin\n" + text]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(text)")
    }
}
