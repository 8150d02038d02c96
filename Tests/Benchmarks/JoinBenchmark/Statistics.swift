func median(_ values: [Double]) -> Double { quantile(0.5, of: values) }

/// Distance of the quartiles, as a part of the median.
func spread(_ values: [Double]) -> Double {
    (quantile(0.75, of: values) - quantile(0.25, of: values)) / median(values)
}

/// The value below which this part of all values lies, between neighbours; not a number if there are none.
func quantile(_ part: Double, of values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let position = part * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
}
