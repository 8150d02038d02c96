import OSCORE

extension MessageInput {
    func requiredPartialIV() throws(WorkbenchFailure) -> PartialIV {
        guard let partialIV else {
            throw WorkbenchFailure(.field, "\"partial_iv\" is missing: a request always has one")
        }
        return partialIV
    }

    /// Group or pairwise.
    func requiredGroupMode() throws(WorkbenchFailure) -> MessageMode {
        switch mode {
        case .group, .pairwise: return mode ?? .group
        case nil: throw WorkbenchFailure(.field, "\"mode\" is missing: group or pairwise")
        case .oscore:
            throw WorkbenchFailure(.mode, "\"mode\" is \"oscore\", but the context is that of a group")
        case .deterministic:
            throw WorkbenchFailure(.mode, "deterministic requests are not available here")
        }
    }
}

extension RequestInput {
    func required<Value>(_ path: KeyPath<Self, Value?>, _ name: String) throws(WorkbenchFailure) -> Value {
        guard let value = self[keyPath: path] else {
            throw WorkbenchFailure(.field, "\"request.\(name)\" is missing: the response is bound to it")
        }
        return value
    }
}
