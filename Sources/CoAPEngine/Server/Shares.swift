/// Who has how much of something that is bounded.
internal struct Shares: Sendable {
    private struct Share: Sendable {
        var entries = 0
        var bytes = 0
    }

    let limits: ShareLimits
    private var shares: [PeerIdentity: Share] = [:]
    private(set) var entries = 0
    private(set) var bytes = 0

    init(limits: ShareLimits) {
        self.limits = limits
    }

    enum Room: Sendable {
        case enough
        /// This peer has its share.
        case peerIsFull
        /// All peers together have everything.
        case allIsFull
    }

    /// Whether a peer may have more.
    func room(for peer: PeerIdentity, entries more: Int, bytes moreBytes: Int) -> Room {
        let share = shares[peer] ?? Share()
        guard share.entries + more <= limits.entriesPerPeer, share.bytes + moreBytes <= limits.bytesPerPeer else {
            return .peerIsFull
        }
        return entries + more <= limits.entries && bytes + moreBytes <= limits.bytes ? .enough : .allIsFull
    }

    /// Whether so much is kept that whoever wants more of it should be known.
    var isCrowded: Bool { 2 * entries >= limits.entries || 2 * bytes >= limits.bytes }

    mutating func add(_ peer: PeerIdentity, entries more: Int, bytes moreBytes: Int) {
        var share = shares[peer] ?? Share()
        share.entries += more
        share.bytes += moreBytes
        shares[peer] = share.entries == 0 ? nil : share
        entries += more
        bytes += moreBytes
    }
}
