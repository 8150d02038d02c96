import CRawCalls

/// Measures all comparisons, interleaved: in each round every one runs once, both sides after each other.
func measure(_ comparisons: [Comparison], _ effort: Effort) throws -> [Measurement] {
    let batches = try comparisons.map { comparison in
        // Twice: the first batch warms up.
        _ = try time(comparison, comparison.gosc, batches: 1)
        _ = try time(comparison, comparison.floor, batches: 1)
        let nanoseconds = try time(comparison, comparison.gosc, batches: 1) * Double(comparison.batch)
        return max(1, Int((effort.milliseconds * 1_000_000 / nanoseconds).rounded()))
    }
    var samples = comparisons.map { _ in [(gosc: Double, floor: Double)]() }
    for round in 0..<effort.rounds {
        for (index, comparison) in comparisons.enumerated() {
            // Neither side always has the cache that the other left behind.
            let isGoscFirst = round.isMultiple(of: 2)
            var gosc = 0.0
            if isGoscFirst { gosc = try time(comparison, comparison.gosc, batches: batches[index]) }
            let floor = try time(comparison, comparison.floor, batches: batches[index])
            if !isGoscFirst { gosc = try time(comparison, comparison.gosc, batches: batches[index]) }
            samples[index].append((gosc, floor))
        }
    }
    return zip(comparisons, samples).map { comparison, samples in
        let ratios = samples.map { $0.gosc / $0.floor }
        let ratio = quantile(0.5, of: ratios)
        return Measurement(
            comparison: comparison, gosc: quantile(0.5, of: samples.map(\.gosc)),
            floor: quantile(0.5, of: samples.map(\.floor)), ratio: ratio,
            spread: (quantile(0.75, of: ratios) - quantile(0.25, of: ratios)) / ratio)
    }
}

/// Nanoseconds of CPU time a message.
private func time(_ comparison: Comparison, _ work: () throws -> Void, batches: Int) throws -> Double {
    var total: UInt64 = 0
    for _ in 0..<batches {
        try comparison.prepare()
        let start = gosc_thread_nanoseconds()
        try work()
        total += gosc_thread_nanoseconds() - start
    }
    return Double(total) / Double(batches * comparison.batch)
}

private func quantile(_ part: Double, of values: [Double]) -> Double {
    let sorted = values.sorted()
    let position = part * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
}
