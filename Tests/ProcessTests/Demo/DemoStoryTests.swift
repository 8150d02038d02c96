import TestSupport
import Testing

/// The story of `gosc demo` in real processes with real multicast.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct DemoStoryTests {
    @Test(
        .requirement("COAP-0114"),
        .enabled(if: DemoHostPermissions.namespaces, DemoHostPermissions.namespacesReason))
    func everyActGoesAsExpected() throws {
        let demo = try DemoRun(["--lamps", "2", "--output", "json"])
        #expect(demo.exitCode() == 0, "\(demo.errorText)")
        let report = try demo.report()
        #expect(report.passed, "\(report.differences)")
        #expect(report.setting.place == "namespace")
        #expect(report.setting.lamps == 2)
        #expect(
            report.acts.map(\.name) == [
                "join", "on", "replay", "forgery", "evict", "crash", "silence", "manager-down",
            ])
        #expect(report.acts.allSatisfy { !$0.checks.isEmpty })
        #expect(report.messages.map(\.message) == ["request", "response"])
        // At least a tag of 8 bytes and a signature of 64.
        #expect(report.messages.allSatisfy { $0.added > 72 && $0.plain + $0.added == $0.protected })
        #expect(demo.leftovers.isEmpty)
    }

    // Where this passes although a guard is off, the act proves nothing.
    @Test(
        .enabled(if: DemoHostPermissions.namespaces, DemoHostPermissions.namespacesReason),
        arguments: [
            ("invitation", ["join"]), ("multicast", ["on"]), ("replay", ["replay"]), ("signature", ["forgery"]),
            // A switch that has begun to count again is not heard by lamps that count on, in the last act either.
            ("durability", ["crash", "manager-down"]), ("silence", ["silence"]), ("eviction", ["evict"]),
            ("membership", ["manager-down"]),
        ])
    func withoutAGuardExactlyTheActsFailThatProveIt(guardName: String, acts: [String]) throws {
        let demo = try DemoRun(["--lamps", "2", "--output", "json", "--keep-going"], guardOff: guardName)
        #expect(demo.exitCode() == 1, "\(demo.errorText)")
        let report = try demo.report()
        #expect(!report.passed)
        #expect(report.failedActs == acts, "\(report.differences)")
        #expect(report.acts.count == 8)
    }

    @Test(.enabled(if: DemoHostPermissions.namespaces, DemoHostPermissions.namespacesReason))
    func storyEndsWithTheFirstActThatFails() throws {
        let demo = try DemoRun(["--lamps", "1", "--output", "json"], guardOff: "multicast")
        #expect(demo.exitCode() == 1, "\(demo.errorText)")
        #expect(try demo.report().acts.map(\.name) == ["join", "on"])
    }

    @Test(.enabled(if: DemoHostPermissions.multicast, DemoHostPermissions.multicastReason))
    func everyActGoesAsExpectedWithoutNamespaces() throws {
        let demo = try DemoRun(["--lamps", "2", "--output", "json", "--without-namespaces"])
        #expect(demo.exitCode() == 0, "\(demo.errorText)")
        let report = try demo.report()
        #expect(report.passed, "\(report.differences)")
        #expect(report.setting.place == "host")
        #expect(demo.leftovers.isEmpty)
    }

    @Test(.enabled(if: DemoHostPermissions.namespaces, DemoHostPermissions.namespacesReason))
    func fileGetsPlainRows() throws {
        let demo = try DemoRun(["--lamps", "1"])
        #expect(demo.exitCode() == 0, "\(demo.errorText)")
        let text = demo.outputText
        #expect(!text.contains("\u{1b}"))
        #expect(text.contains("All 8 acts went as expected"))
        #expect(text.contains("lamp-1"))
    }
}
