/// Latencies of one request, one a lamp.
struct Latencies {
    private let sorted: [Double]

    init(milliseconds: [Double]) {
        sorted = milliseconds.sorted()
    }

    /// The smallest value that at least `percent` of all do not exceed; `nil` without values.
    func percentile(_ percent: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let rank = Int((percent / 100 * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }

    /// From the first to the last.
    var spread: Double? {
        guard let first = sorted.first, let last = sorted.last else { return nil }
        return ((last - first) * 1e3).rounded() / 1e3
    }
}
