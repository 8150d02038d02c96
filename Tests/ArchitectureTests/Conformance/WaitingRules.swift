/// Which rows of a catalogue may wait for another issue. All others are tested, or the specification excuses them.
struct WaitingRules {
    /// Components whose rows may wait for an issue that has a title.
    var components: Set<String> = []
    /// Components whose rows may also wait while no issue is planned, as ``IssueTitles/none`` says.
    var unplanned: Set<String> = []
    /// Components that an issue of their own brings, whatever else it brings.
    var ownIssue: [String: String] = [:]
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
                ownIssue: ["deterministic": "4"],
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
        default:
            WaitingRules()
        }
    }

    /// Whether a row may wait as its entry says.
    func permit(_ entry: StatusFile.Entry, of requirement: Requirement) -> Bool {
        let isPlanned = entry.issue != IssueTitles.none
        if isPlanned, components.contains(requirement.component) || ownIssue[requirement.component] == entry.issue {
            return true
        }
        if !isPlanned, unplanned.contains(requirement.component) { return true }
        return reasons.contains { reason in
            entry.reason.hasPrefix(reason.prefix) && (isPlanned || reason.mayBeUnplanned)
                && (reason.issue ?? entry.issue) == entry.issue
        }
    }
}
