/// Values by peer. Nearly always there is one peer, and it costs neither a hash nor an allocation.
internal struct PeerTable<Value: Sendable>: Sendable {
    /// `nil` together with its value.
    private var onlyPeer: PeerIdentity?
    private var onlyValue: Value?
    private var others: [PeerIdentity: Value] = [:]

    var count: Int { (onlyValue == nil ? 0 : 1) + others.count }

    /// All of them, in no order.
    var all: [(peer: PeerIdentity, value: Value)] {
        var all: [(peer: PeerIdentity, value: Value)] = []
        if let onlyPeer, let onlyValue { all.append((onlyPeer, onlyValue)) }
        for (peer, value) in others { all.append((peer, value)) }
        return all
    }

    subscript(peer: PeerIdentity) -> Value? {
        get {
            if onlyPeer == peer { return onlyValue }
            return others.isEmpty ? nil : others[peer]
        }
        _modify {
            if onlyPeer == nil, others[peer] == nil { onlyPeer = peer }
            if onlyPeer == peer {
                defer { if onlyValue == nil { onlyPeer = nil } }
                yield &onlyValue
            } else {
                yield &others[peer]
            }
        }
    }
}
