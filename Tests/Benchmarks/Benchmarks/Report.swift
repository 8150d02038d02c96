/// Prints measurements for people or for programs.
enum Report {
    static func table(_ measurements: [Measurement], payload: Int) -> String {
        var lines = ["payload of \(payload) bytes; CPU time a message, medians"]
        lines.append(row("operation", "gosc ns", "floor ns", "ratio", "spread", "target", ""))
        for measurement in measurements {
            lines.append(
                row(
                    measurement.comparison.name, decimal(measurement.gosc, 0), decimal(measurement.floor, 0),
                    decimal(measurement.ratio, 3), decimal(measurement.spread * 100, 1) + " %",
                    decimal(measurement.comparison.target, 2), measurement.isMet ? "met" : "NOT MET"))
        }
        return lines.joined(separator: "\n")
    }

    /// One object a line.
    static func json(_ measurements: [Measurement], payload: Int) -> String {
        measurements.map { measurement in
            let fields = [
                "\"operation\":\"\(measurement.comparison.name)\"", "\"payload\":\(payload)",
                "\"gosc_ns\":\(decimal(measurement.gosc, 1))", "\"floor_ns\":\(decimal(measurement.floor, 1))",
                "\"ratio\":\(decimal(measurement.ratio, 4))", "\"spread\":\(decimal(measurement.spread, 4))",
                "\"target\":\(decimal(measurement.comparison.target, 2))", "\"met\":\(measurement.isMet)",
            ]
            return "{" + fields.joined(separator: ",") + "}"
        }.joined(separator: "\n")
    }

    private static func row(_ name: String, _ cells: String...) -> String {
        padded(name, 26, isLeft: true) + cells.map { padded($0, 10, isLeft: false) }.joined()
    }

    private static func padded(_ text: String, _ width: Int, isLeft: Bool) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return isLeft ? text + space : space + text
    }

    private static func decimal(_ value: Double, _ places: Int) -> String {
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((value * Double(scale)).rounded())
        guard places > 0 else { return String(scaled) }
        let fraction = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
