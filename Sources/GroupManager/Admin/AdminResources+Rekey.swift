import ACEGroupcomm
import Bytes
import CoAP

extension AdminResources {
    /// POST `/gosc/groups/NAME/rekey`: new keys for everybody, now.
    func rekey(_ name: String, random: inout some RandomNumberGenerator) -> AdminDecision {
        guard let group = state.groups[name] else { return AdminDecision(unknownGroup(name)) }
        let procedure = RekeyingProcedure(state: state, settings: settings, group: group, now: now)
        guard let decided = procedure.decide(evicts: false, random: &random) else {
            return AdminDecision(.problem(.internalServerError, detail: "no Gid is left for group \(name)"))
        }
        return AdminDecision(
            AdminResponse(code: .changed), writes: decided.writes,
            events: [.rekeyed(group: name, version: decided.rekeying.version)])
    }
}
