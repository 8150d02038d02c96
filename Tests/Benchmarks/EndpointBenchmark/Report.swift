import Glibc

/// The measurements of one number of outstanding requests, for people.
func table(_ series: [Series], outstanding: Int) -> String {
    var lines = [
        "outstanding requests: \(outstanding); medians; the ratio is that of the rates by CPU time, best reference"
    ]
    lines.append(row("pair", ["responses/s", "CPU us", "p50 us", "p99 us", "ratio", "spread", "beside"]))
    for one in series {
        var cells = [
            decimal(median(one.runs.map(\.rate)), 0), decimal(median(one.runs.map(\.cost)) / 1000, 2),
            decimal(median(one.runs.map(\.median)) / 1000, 1), decimal(median(one.runs.map(\.percentile99)) / 1000, 1),
        ]
        let references = series.filter { one.contender.references.contains($0.contender.name) }
        if !references.isEmpty {
            // Round by round: both see the same disturbance.
            let ratios = one.runs.indices.map { round in
                (references.map { $0.runs[round].cost }.min() ?? .nan) / one.runs[round].cost
            }
            let spread = (quantile(0.75, of: ratios) - quantile(0.25, of: ratios)) / median(ratios)
            cells += [decimal(median(ratios), 3), decimal(spread * 100, 1) + " %", references[0].contender.name]
        }
        lines.append(row(one.contender.name, cells))
    }
    return lines.joined(separator: "\n") + "\n"
}

private func row(_ name: String, _ cells: [String]) -> String {
    let padding = String(repeating: " ", count: max(0, 24 - name.count))
    return name + padding + cells.map { String(repeating: " ", count: max(1, 13 - $0.count)) + $0 }.joined()
}

private func decimal(_ value: Double, _ places: Int) -> String {
    let scale = pow(10, Double(places))
    let scaled = Int((value * scale).rounded())
    guard places > 0 else { return String(scaled) }
    let fraction = String(scaled % Int(scale))
    return "\(scaled / Int(scale))." + String(repeating: "0", count: places - fraction.count) + fraction
}

private func median(_ values: [Double]) -> Double { quantile(0.5, of: values) }

private func quantile(_ part: Double, of values: [Double]) -> Double {
    let sorted = values.sorted()
    let position = part * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
}
