import Foundation
import Testing

/// What is left of a demo that is killed: nothing.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct DemoRemovalTests {
    @Test(
        .enabled(if: DemoHostPermissions.namespaces, DemoHostPermissions.namespacesReason),
        arguments: [SIGKILL, SIGTERM, SIGINT])
    func nothingIsLeftOfANamespace(signal: Int32) throws {
        let demo = try DemoRun(["--lamps", "2"])
        // The outer process, unshare, number 1 of the namespace, the manager and a node at least.
        let family = try Family.grown(of: demo.identifier, atLeast: 5)
        let unshare = try #require(family.members.first { $0.name == "unshare" })
        let namespace = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(unshare.pid)/ns/net")
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
        try #require(namespace != own)

        kill(demo.identifier, signal)
        #expect(demo.exitCode() == 128 + signal)
        #expect(family.survivors() == [])
        #expect(Family.members(ofNetwork: namespace) == [])
        #expect(demo.leftovers == [])
        #expect(Self.sharedMemory.isEmpty)
    }

    @Test(
        .enabled(if: DemoHostPermissions.multicast, DemoHostPermissions.multicastReason),
        arguments: [SIGKILL, SIGTERM, SIGINT])
    func nothingIsLeftWithoutNamespaces(signal: Int32) throws {
        let demo = try DemoRun(["--lamps", "2", "--without-namespaces"])
        let family = try Family.grown(of: demo.identifier, atLeast: 4)
        try #require(!demo.leftovers.isEmpty, "the state must be there to be removed")
        kill(demo.identifier, signal)
        #expect(demo.exitCode() == 128 + signal)
        #expect(family.survivors() == [])
        #expect(Patience.until { demo.leftovers.isEmpty }, "\(demo.leftovers)")
    }

    @Test(.enabled(if: DemoHostPermissions.multicast, DemoHostPermissions.multicastReason))
    func nothingIsLeftWhenTheInnerProcessIsKilled() throws {
        let demo = try DemoRun(["--lamps", "2", "--without-namespaces"])
        let family = try Family.grown(of: demo.identifier, atLeast: 4)
        let inner = try #require(family.members.first { $0.parent == demo.identifier })
        kill(inner.pid, SIGKILL)
        #expect(demo.exitCode() == 128 + SIGKILL)
        #expect(family.survivors() == [])
        #expect(demo.leftovers == [])
    }

    /// What the demo writes in memory is not to be seen from here.
    private static var sharedMemory: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/dev/shm")) ?? []
        return names.filter { $0.hasPrefix("lamp-") || $0 == "switch" || $0 == "manager" }
    }
}

/// A process and everything below it.
private struct Family {
    struct Member: Hashable {
        let pid: pid_t
        let parent: pid_t
        let name: String
        /// Tells it from a later process with the same number.
        let start: String
    }

    let members: [Member]

    /// Waits until a process has so many descendants, itself included.
    static func grown(of root: pid_t, atLeast count: Int) throws -> Family {
        var family = Family(members: [])
        let isGrown = Patience.until {
            family = Family(members: descendants(of: root))
            return family.members.count >= count
        }
        try #require(isGrown, "\(family.members)")
        return family
    }

    /// Whoever is still there after a while.
    func survivors() -> [Member] {
        var survivors: [Member] = []
        _ = Patience.until {
            let present = Set(Self.all())
            survivors = members.filter { member in
                present.contains { $0.pid == member.pid && $0.start == member.start }
            }
            return survivors.isEmpty
        }
        return survivors
    }

    /// Processes in a network namespace, as far as this user may know.
    static func members(ofNetwork namespace: String) -> [pid_t] {
        all().map(\.pid).filter { pid in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/net")) == namespace
        }
    }

    private static func descendants(of root: pid_t) -> [Member] {
        let all = all()
        var known: Set<pid_t> = [root]
        var size = 0
        while known.count > size {
            size = known.count
            for member in all where known.contains(member.parent) { known.insert(member.pid) }
        }
        return all.filter { known.contains($0.pid) }
    }

    private static func all() -> [Member] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.compactMap(member)
    }

    /// Reads `/proc/PID/stat` (proc(5)); a zombie has ended.
    private static func member(_ pid: pid_t) -> Member? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let parent = pid_t(fields[1]) else { return nil }
        return Member(
            pid: pid, parent: parent, name: String(text[text.index(after: open)..<close]), start: String(fields[19]))
    }
}

/// Waits for other processes, which tell nobody when they have done something.
private enum Patience {
    static func until(_ condition: () -> Bool) -> Bool {
        let end = ContinuousClock.now + .seconds(20)
        while !condition() {
            guard .now < end else { return false }
            usleep(10_000)
        }
        return true
    }
}
