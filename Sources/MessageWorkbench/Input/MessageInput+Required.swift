import OSCORE

extension MessageInput {
    func requiredPartialIV() throws(WorkbenchFailure) -> PartialIV {
        guard let partialIV else {
            throw WorkbenchFailure(.field, "\"partial_iv\" is missing: a request always has one")
        }
        return partialIV
    }

    /// Plain OSCORE, or not said.
    func requirePairMode() throws(WorkbenchFailure) {
        guard mode ?? .oscore == .oscore else {
            throw WorkbenchFailure(.mode, "this context is that of a pair: \"mode\" is \"oscore\"")
        }
    }

    /// Group or pairwise.
    func requiredGroupMode() throws(WorkbenchFailure) -> MessageMode {
        switch mode {
        case .group, .pairwise: return mode ?? .group
        case nil: throw WorkbenchFailure(.field, "\"mode\" is missing: group or pairwise")
        case .oscore:
            throw WorkbenchFailure(.mode, "\"mode\" is \"oscore\", but the context is that of a group")
        case .deterministic:
            throw WorkbenchFailure(.mode, "a deterministic request stands for itself")
        }
    }
}
