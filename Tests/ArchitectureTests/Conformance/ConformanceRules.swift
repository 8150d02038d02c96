import Foundation

/// What must hold of a conformance table and its status file.
enum ConformanceRules {
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
            complaints += self.complaints(
                about: entry, of: requirement, issues: issues, waiting: .ofCatalogue(table.name))
        }
        let mandatory = table.rows.filter(\.requirement.isMandatory)
        let notApplicable = mandatory.filter { $0.status == StatusFile.Status.notApplicable.rawValue }.count
        if notApplicable * 100 > mandatory.count * notApplicablePercent {
            complaints.append("\(notApplicable) of \(mandatory.count) mandatory rows are said to be not applicable")
        }
        return complaints
    }

    private static func complaints(
        about entry: StatusFile.Entry, of requirement: Requirement, issues: IssueTitles, waiting: WaitingRules
    ) -> [String] {
        guard entry.status == .later else {
            return entry.issue.isEmpty ? [] : ["\(entry.id) names an issue but is \(entry.status.rawValue)"]
        }
        var complaints: [String] = []
        if issues.titles[entry.issue] == nil { complaints.append("\(entry.id) waits for an issue without title") }
        if !waiting.permit(entry, of: requirement) {
            complaints.append("\(entry.id), \(requirement.component), may not wait for another issue")
        }
        return complaints
    }
}
