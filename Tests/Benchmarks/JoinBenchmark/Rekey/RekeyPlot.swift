import Foundation

/// Figures of rekeyings as a drawing: CPU time for each member by the size of the group, both axes in powers of ten. The same
/// figures give the same bytes.
struct RekeyPlot {
    private struct Point {
        let store: String
        let members: Double
        let cpu: Double
        let raw: Double
    }

    private let points: [Point]

    /// - Parameter path: A file with what `scripts/bench rekey --json` has written.
    init(figures path: String) throws {
        points = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap { line in
            guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let store = object["store"] as? String, let members = object["members"] as? Int,
                let cpu = object["cpu_ns_a_member"] as? Double, let raw = object["raw_ns_a_member"] as? Double
            else { return nil }
            return Point(store: store, members: Double(members), cpu: cpu / 1_000, raw: raw / 1_000)
        }
    }

    var drawing: String {
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360" font-family="sans-serif" font-size="12">"#,
            #"<rect width="640" height="360" fill="white"/>"#,
            text(320, 20, "New keys: CPU time for each member, µs", anchor: "middle"),
            text(320, 352, "members of the group", anchor: "middle"),
        ]
        for exponent in 0...3 {
            let y = y(pow(10, Double(exponent)))
            lines.append("<line x1=\"60\" y1=\"\(y)\" x2=\"500\" y2=\"\(y)\" stroke=\"#ddd\"/>")
            lines.append(text(54, y + 4, "\(Int(pow(10, Double(exponent))))", anchor: "end"))
        }
        for exponent in 1...4 {
            let members = pow(10, Double(exponent))
            lines.append(text(x(members), 332, "\(Int(members))", anchor: "middle"))
        }
        let stores = Set(points.map(\.store)).sorted()
        for (store, color) in zip(stores, ["#b2182b", "#2166ac"]) {
            let name = store == "none" ? "without store" : store
            lines += curve(points.filter { $0.store == store }.map { ($0.members, $0.cpu) }, color, name)
        }
        lines += curve(
            points.filter { $0.store == stores.last }.map { ($0.members, $0.raw) }, "#666666", "bare ciphers")
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private func curve(_ values: [(members: Double, micros: Double)], _ color: String, _ name: String) -> [String] {
        guard let last = values.last else { return [] }
        let places = values.map { "\(x($0.members)),\(y($0.micros))" }.joined(separator: " ")
        return [
            "<polyline points=\"\(places)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>",
            text(x(last.members) + 8, y(last.micros) + 4, name, anchor: "start", color: color),
        ]
    }

    private func text(_ x: Int, _ y: Int, _ text: String, anchor: String, color: String = "black") -> String {
        "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\" fill=\"\(color)\">\(text)</text>"
    }

    /// 10 to 10,000 members.
    private func x(_ members: Double) -> Int { 60 + Int((440.0 / 3 * (log10(members) - 1)).rounded()) }

    /// 1 to 1,000 µs.
    private func y(_ micros: Double) -> Int { 315 - Int((280.0 / 3 * log10(max(micros, 0.1))).rounded()) }
}
