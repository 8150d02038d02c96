import ACEGroupcomm
import Bytes
import CoAP

extension AdminResources {
    /// POST `/gosc/groups/NAME/rekey`: new keys for everybody, at once unless the former ones still receive: then as soon as that
    /// is over.
    func rekey(_ name: String) -> AdminDecision {
        guard state.groups[name] != nil else { return AdminDecision(unknownGroup(name)) }
        return AdminDecision(
            AdminResponse(code: .changed),
            writes: [.demandRekeying(groupName: name, DueRekeying(since: now, evicts: false))])
    }
}
