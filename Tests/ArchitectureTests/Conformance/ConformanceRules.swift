import Foundation

/// What must hold of a conformance table and its status file.
enum ConformanceRules {
    /// Components whose rows may wait for another issue.
    static let waiting: Set<String> = ["group-manager", "proxy", "http-mapping", "blockwise", "observe"]
    /// Components that an issue of their own brings, whatever else it brings.
    static let ownIssue = ["deterministic": "4"]
    /// How the reason of any other row begins that waits.
    static let managerReason = "Needs a manager: "
    static let credentialReason = "Another credential format or the checker: "
    static let blockwiseReason = "Block-wise transfer: "
    /// How many of a hundred mandatory rows may be not applicable.
    static let notApplicablePercent = 5

    /// One sentence for each thing that is wrong.
    static func complaints(about table: ConformanceTable, issues: IssueTitles) -> [String] {
        var complaints: [String] = []
        for id in table.ids(of: "missing") {
            complaints.append("\(id) is missing: neither does a test name it, nor \(StatusFile.path(of: table.name))")
        }
        let requirements = Dictionary(uniqueKeysWithValues: table.rows.map { ($0.requirement.id, $0.requirement) })
        let tested = table.testedIDs
        var seen: Set<String> = []
        for entry in table.statusFile.entries {
            guard let requirement = requirements[entry.id] else {
                complaints.append("\(entry.id) has a status but is not in the catalogue")
                continue
            }
            if !seen.insert(entry.id).inserted { complaints.append("\(entry.id) has two statuses") }
            if tested.contains(entry.id) {
                complaints.append(
                    "\(entry.id) is stale: a test proves it, and it is said to be \(entry.status.rawValue)")
            }
            if entry.reason.count < 20 { complaints.append("\(entry.id) has no reason") }
            complaints += self.complaints(about: entry, of: requirement, issues: issues)
        }
        let mandatory = table.rows.filter(\.requirement.isMandatory)
        let notApplicable = mandatory.filter { $0.status == StatusFile.Status.notApplicable.rawValue }.count
        if notApplicable * 100 > mandatory.count * notApplicablePercent {
            complaints.append("\(notApplicable) of \(mandatory.count) mandatory rows are said to be not applicable")
        }
        return complaints
    }

    private static func complaints(
        about entry: StatusFile.Entry, of requirement: Requirement, issues: IssueTitles
    ) -> [String] {
        guard entry.status == .later else {
            return entry.issue.isEmpty ? [] : ["\(entry.id) names an issue but is \(entry.status.rawValue)"]
        }
        var complaints: [String] = []
        if issues.titles[entry.issue] == nil { complaints.append("\(entry.id) waits for an issue without title") }
        let mayWait =
            waiting.contains(requirement.component) || ownIssue[requirement.component] == entry.issue
            || entry.reason.hasPrefix(managerReason) || entry.reason.hasPrefix(blockwiseReason)
            || (entry.reason.hasPrefix(credentialReason) && entry.issue == "4")
        if !mayWait { complaints.append("\(entry.id), \(requirement.component), may not wait for another issue") }
        return complaints
    }
}
