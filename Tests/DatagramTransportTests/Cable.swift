import Bytes
import DatagramTransport
import Foundation
import Testing

/// Two more interfaces of a network namespace, joined by a cable: what goes into `near` comes out of `far`.
///
/// They have the addresses fe80::1 and fd00:1::1, fe80::2 and fd00:1::2 alone.
enum Cable {
    @discardableResult
    static func lay() throws -> (near: InterfaceIndex, far: InterfaceIndex) {
        try ip("link add near type veth peer name far")
        for name in ["near", "far"] {
            // No addresses that are still being tried out.
            try ip("link set \(name) addrgenmode none")
            try ip("link set \(name) up")
        }
        try settle()
        for (name, number) in [("near", 1), ("far", 2)] {
            try ip("-6 addr add fe80::\(number)/64 dev \(name) nodad")
            try ip("-6 addr add fd00:1::\(number)/64 dev \(name) nodad")
        }
        return (try InterfaceTable.index(named: "near"), try InterfaceTable.index(named: "far"))
    }

    /// Waits until the kernel has noticed that both ends are plugged in; until then it drops what is sent.
    static func settle() throws {
        let poll = try DatagramPoll(watchesInterfaces: true)
        let limit = MonotonicClock.now + 10_000_000_000
        while try !isRunning("near") || !isRunning("far"), MonotonicClock.now < limit {
            _ = poll.wait(on: [], until: limit)
        }
        // It says so a little before it is so; whoever changes something waits for it.
        try ip("link set near alias near")
    }

    private static func isRunning(_ name: String) throws -> Bool {
        try InterfaceTable.all().contains { $0.name == name && $0.isRunning }
    }

    /// Takes both ends away.
    static func cut() throws {
        try ip("link del near")
    }

    /// Runs `ip` with these arguments.
    static func ip(_ arguments: String) throws {
        try #require(try status("ip", arguments) == 0, "ip \(arguments)")
    }

    /// Whether a program of the system's administrator could be run to its good end.
    static func succeeds(_ program: String, _ arguments: String) -> Bool {
        (try? status(program, arguments)) == 0
    }

    private static func status(_ program: String, _ arguments: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["PATH=/usr/sbin:/sbin:/usr/bin:/bin", program] + arguments.split(separator: " ").map(String.init)
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
