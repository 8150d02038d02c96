extension ReplayWindow {
    // GOSC-0275, OSC-0109
    /// Makes an invalid window valid again, with a request that proved to be new: its Partial IV counts as seen and is
    /// the lower limit, everything above it is unseen.
    public mutating func recover(lowerLimit partialIV: PartialIV) {
        guard
            let recovered = try? ReplayWindow(
                restoring: Snapshot(
                    size: size, highest: partialIV.value,
                    words: Array(repeating: .max, count: snapshot.words.count), isValid: true))
        else { return }
        self = recovered
    }
}
