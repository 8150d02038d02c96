import Testing

/// What the rules of the conformance table complain about, and what not.
struct ConformanceRulesTests {
    private let issues = IssueTitles(["4": "Credentials", "7": "Joining", "8": "Rekeying", "-": "None"])

    private func complaints(
        status: String, tested: [String] = [], catalogue: String = "oscore", component: String = "aad",
        level: String = "MUST", rows: Int = 1
    ) throws -> [String] {
        let requirements = (1...rows).map { number in
            Requirement(
                id: "OSC-000\(number)", specification: "RFC", section: "1", level: level, component: component,
                text: "-")
        }
        let test = TaggedTest(target: "T", suite: "S", function: "f", file: "Tests/T/S.swift", ids: tested)
        let table = ConformanceTable(
            name: catalogue, requirements: requirements,
            statusFile: try StatusFile(parsing: "id,status,issue,reason\n" + status), tests: [test], code: [:])
        return ConformanceRules.complaints(about: table, issues: issues)
    }

    @Test func aRowIsTestedOrHasAStatus() throws {
        #expect(try complaints(status: "", tested: ["OSC-0001"]).isEmpty)
        #expect(try complaints(status: "OSC-0001,deviation,,A reason that can be read\n").isEmpty)
        let missing = try complaints(status: "")
        #expect(missing.count == 1 && missing[0].contains("OSC-0001 is missing"))
    }

    @Test func aStatusThatATestMakesUntrueIsStale() throws {
        let stale = try complaints(status: "OSC-0001,deviation,,A reason that can be read\n", tested: ["OSC-0001"])
        #expect(stale.count == 1 && stale[0].contains("stale"))
    }

    @Test(arguments: [
        "OSC-0009,deviation,,A reason that can be read", "OSC-0001,deviation,,short",
        "OSC-0001,deviation,8,A reason that can be read",
        "OSC-0001,deviation,,A reason that can be read\nOSC-0001,deviation,,A reason that can be read",
    ])
    func aStatusNamesARowOnceWithItsReason(lines: String) throws {
        let rest = lines.hasPrefix("OSC-0001") ? "" : "OSC-0001,deviation,,A reason that can be read\n"
        #expect(try complaints(status: "\(lines)\n\(rest)").count == 1)
    }

    @Test func anUnknownStatusIsRefused() {
        #expect(throws: (any Error).self) { try complaints(status: "OSC-0001,fine,,A reason that can be read\n") }
    }

    @Test(arguments: [
        ("proxy", "8", "What a proxy does at some length", true),
        ("aad", "8", "What a proxy does at some length", false),
        ("limits", "8", "Block-wise transfer: its limits", false),
        ("rekey", "8", "Needs a manager: it decides", true), ("proxy", "9", "What a proxy does at some length", false),
        ("deterministic", "4", "Both sides of the draft", true),
        ("deterministic", "8", "Both sides of the draft", false),
    ])
    func onlySomeRowsMayWait(component: String, issue: String, reason: String, mayWait: Bool) throws {
        let found = try complaints(status: "OSC-0001,later,\(issue),\(reason)\n", component: component)
        #expect(found.isEmpty == mayWait)
    }

    /// In the catalogue of the endpoint only what the endpoint does not have may wait.
    @Test(arguments: [
        ("coap", "tcp", "-", "Another transport at some length", true),
        ("coap", "proxy", "8", "What a proxy does at some length", true),
        ("coap", "proxy", "9", "What a proxy does at some length", false),
        ("coap", "blockwise", "8", "Block-wise transfer: its limits", false),
        ("coap", "observe", "8", "Registrations at some length", false),
        ("coap", "blockwise", "-", "Nobody has written it yet", false),
        ("coap", "etag", "-", "Needs a manager: it has the resource", true),
        ("coap", "etag", "8", "Needs a manager: it has the resource", true),
        ("coap", "etag", "-", "The manager has the resource", false),
        ("oscore", "proxy", "-", "What a proxy does at some length", true),
        ("oscore", "observe", "8", "Registrations at some length", false),
        ("oscore", "blockwise", "-", "Nobody has written it yet", false),
        ("oscore", "rekey", "-", "Needs a manager: it decides", false),
        ("group-manager", "join", "8", "Needs rekeying: what a join needs besides", true),
        ("group-manager", "join", "8", "What a join needs besides", false),
        ("group-manager", "join", "-", "What a join needs besides", false),
        ("group-manager", "rekey", "8", "Nothing rekeys a group yet", true),
        ("group-manager", "rekey", "7", "Nothing rekeys a group yet", false),
        ("group-manager", "stale-sender-ids", "8", "The resource is not there yet", true),
        ("group-manager", "stale-sender-ids", "8", "No Sender ID gets stale yet", true),
        ("group-manager", "stale-sender-ids", "9", "No Sender ID gets stale yet", false),
        // The title of the issue is missing here.
        ("group-manager", "admin-config", "9", "No configurations of the standard yet", false),
        ("group-manager", "proxy", "8", "Needs a manager: it decides", false),
        ("nosuch", "join", "7", "What a join needs besides", false),
    ])
    func eachCatalogueHasItsOwn(catalogue: String, component: String, issue: String, reason: String, mayWait: Bool)
        throws
    {
        let found = try complaints(
            status: "OSC-0001,later,\(issue),\(reason)\n", catalogue: catalogue, component: component)
        #expect(found.isEmpty == mayWait)
    }

    @Test func onlyWhatWaitsMaySayThatNoIssueIsPlanned() throws {
        for status in ["deviation", "not-applicable"] {
            let found = try complaints(
                status: "OSC-0001,\(status),-,A reason that can be read\n", catalogue: "coap", component: "tcp",
                level: "MAY")
            #expect(found.count == 1)
        }
    }

    @Test func fewMandatoryRowsAreNotApplicable() throws {
        let status = "OSC-0001,not-applicable,,A reason that can be read\n"
        let others = (2...9).map { "OSC-000\($0)" }
        #expect(try complaints(status: status, tested: others, rows: 9).count == 1)
        #expect(try complaints(status: status, tested: others, level: "MAY", rows: 9).isEmpty)
    }
}
