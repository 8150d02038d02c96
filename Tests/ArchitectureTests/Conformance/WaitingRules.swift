/// Which rows of a catalogue may wait for another issue. All others are tested, or the specification excuses them.
struct WaitingRules {
    /// Components whose rows may wait for an issue that has a title.
    var components: Set<String> = []
    /// Components whose rows may also wait while no issue is planned, as ``IssueTitles/none`` says.
    var unplanned: Set<String> = []
    /// Components that certain issues bring, whatever else these bring.
    var ownIssues: [String: Set<String>] = [:]
    /// How the reason of any other row begins that waits.
    var reasons: [Reason] = []

    /// The beginning of a reason.
    struct Reason {
        let prefix: String
        /// The only issue it may name; `nil` for any.
        var issue: String?
        /// Whether it may stand where no issue is planned.
        var mayBeUnplanned = false
    }

    /// The rules of a catalogue; nothing waits in one that has none.
    static func ofCatalogue(_ name: String) -> WaitingRules {
        switch name {
        case "oscore":
            WaitingRules(
                components: ["group-manager", "proxy", "http-mapping"], unplanned: ["proxy", "http-mapping"],
                ownIssues: ["deterministic": ["4"]],
                reasons: [
                    Reason(prefix: "Needs a manager: "),
                    Reason(prefix: "Another credential format or the checker: ", issue: "4"),
                ])
        case "coap":
            // All else is in the scope of the endpoint, block-wise transfer and Observe included.
            WaitingRules(
                components: ["tcp", "proxy", "http-mapping"], unplanned: ["tcp", "proxy", "http-mapping"],
                reasons: [
                    Reason(prefix: "Needs a manager: ", mayBeUnplanned: true)
                ])
        case "group-manager":
            WaitingRules(
                ownIssues: ownIssuesOfGroupManager,
                reasons: [
                    Reason(prefix: "Needs rekeying: ", issue: "8"),
                    Reason(prefix: "Needs administration: ", issue: "9"),
                ])
        default:
            WaitingRules()
        }
    }

    private static let ownIssuesOfGroupManager: [String: Set<String>] = {
        let componentsOfIssue = [
            "8": ["rekey", "eviction/leave", "recycling", "key-update", "stale-sender-ids"],
            "9": ["admin-collection", "admin-config", "admin-filter", "status parameters"],
        ]
        var issues: [String: Set<String>] = [:]
        for (issue, components) in componentsOfIssue {
            for component in components { issues[component, default: []].insert(issue) }
        }
        return issues
    }()

    /// Whether a row may wait as its entry says.
    func permit(_ entry: StatusFile.Entry, of requirement: Requirement) -> Bool {
        let isPlanned = entry.issue != IssueTitles.none
        if isPlanned, components.contains(requirement.component) { return true }
        if ownIssues[requirement.component]?.contains(entry.issue) == true { return true }
        if !isPlanned, unplanned.contains(requirement.component) { return true }
        return reasons.contains { reason in
            entry.reason.hasPrefix(reason.prefix) && (isPlanned || reason.mayBeUnplanned)
                && (reason.issue ?? entry.issue) == entry.issue
        }
    }
}
