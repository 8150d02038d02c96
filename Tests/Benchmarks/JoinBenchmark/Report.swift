import Foundation

/// Writes down what was measured.
protocol Report {
    func rates(_ rates: [JoinRate]) -> String
    func storms(_ storms: [JoinStorm]) -> String
    func memory(_ measured: [MemberMemory]) -> String
    func rekeyings(_ rates: [RekeyRate]) -> String
}

/// For people.
struct TextReport: Report {
    func rates(_ rates: [JoinRate]) -> String {
        guard let first = rates.first else { return "" }
        var lines = [
            "joins of \(first.nodes) nodes, \(first.batch) at a time; CPU time on one core, medians; the ratio is to the bare "
                + "signatures"
        ]
        lines.append(row("store", ["joins/s", "CPU us", "wall us", "raw/s", "raw us", "ratio", "spread"]))
        for rate in rates {
            lines.append(
                row(
                    rate.store.rawValue,
                    [
                        decimal(rate.rate, 0), micro(median(rate.rounds.map(\.cpu))),
                        micro(median(rate.rounds.map(\.wall))), decimal(rate.rawRate, 0),
                        micro(median(rate.rounds.map(\.raw))), decimal(median(rate.ratios), 2),
                        decimal(spread(rate.ratios) * 100, 1) + " %",
                    ]))
        }
        for rate in rates {
            lines.append("where it goes, store \(rate.store.rawValue), CPU us a join")
            lines.append(row("", ["decide", "commit", "answer"]))
            for (number, name) in JoinRate.stepNames.enumerated() {
                let step = rate.step(number)
                lines.append(row(name, [micro(step.decisions), micro(step.commits), micro(step.answers)]))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    func storms(_ storms: [JoinStorm]) -> String {
        var lines = ["a storm, with 'gosc manager run' over UDP"]
        lines.append(
            row("", ["nodes", "lost", "p50 ms", "p99 ms", "max ms", "again", "4.xx/5.xx", "manager s", "right"]))
        for storm in storms {
            lines.append(
                row(
                    storm.kind.rawValue,
                    [
                        "\(storm.times.count + storm.lost)", "\(storm.lost)", milli(0.5, storm), milli(0.99, storm),
                        milli(1, storm), "\(storm.tally.retransmissions)",
                        "\(storm.tally.refusals.values.reduce(0, +) + Int(storm.refusals))", decimal(storm.cpu, 2),
                        storm.isRight ? "yes" : "NO",
                    ]))
        }
        for storm in storms {
            let codes = storm.tally.refusals.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            lines.append(
                "\(storm.kind.rawValue): refusals without protection \(codes.isEmpty ? "none" : codes.joined(separator: ", "))"
                    + "; under protection \(storm.refusals); uploads refused \(storm.uploadsRefused); attempts begun again "
                    + "\(storm.attemptsAgain); datagrams \(storm.tally.sent) out, \(storm.tally.received) in, "
                    + "\(storm.tally.unsent) not taken; memory of the manager +\(storm.memory >> 10) KiB")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    func memory(_ measured: [MemberMemory]) -> String {
        var lines = ["memory of a manager; bytes of its heap, and what each further member takes"]
        lines.append(row("members", ["bytes", "a member"]))
        var before = (members: 0, bytes: 0)
        for one in measured {
            lines.append(
                row(
                    "\(one.members)",
                    ["\(one.bytes)", "\((one.bytes - before.bytes) / max(one.members - before.members, 1))"]))
            before = (one.members, one.bytes)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    func rekeyings(_ rates: [RekeyRate]) -> String {
        var lines = [
            "new keys for a group, until all have confirmed them; CPU time on one core, medians, a member; the ratio is to the "
                + "bare ciphers"
        ]
        lines.append(
            row(
                "store, members",
                ["CPU us", "wall us", "raw us", "ratio", "spread", "messages", "bytes", "commits", "heap"]))
        for rate in rates {
            guard let cost = rate.costs.first else { continue }
            lines.append(
                row(
                    "\(rate.store.rawValue), \(rate.members)",
                    [
                        micro(rate.cpuPerMember), micro(rate.wallPerMember), micro(rate.rawPerMember),
                        decimal(median(rate.ratios), 1), decimal(spread(rate.ratios) * 100, 1) + " %",
                        "\(cost.messages)", "\(cost.bytes)", "\(cost.commits)", "\(rate.memory)",
                    ]))
        }
        for store in StoreKind.allCases {
            let own = rates.filter { $0.store == store }
            guard let small = own.first(where: { $0.members == 100 }), let large = own.last, large.members > 100 else {
                continue
            }
            lines.append(
                "\(store.rawValue): a member of \(large.members) costs "
                    + "\(decimal(large.cpuPerMember / small.cpuPerMember, 2)) times a member of 100")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func row(_ name: String, _ cells: [String]) -> String {
        let padding = String(repeating: " ", count: max(0, 20 - name.count))
        return name + padding + cells.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }.joined()
    }

    private func micro(_ nanoseconds: Double) -> String { decimal(nanoseconds / 1_000, 1) }

    private func milli(_ part: Double, _ storm: JoinStorm) -> String {
        decimal(quantile(part, of: storm.times) / 1e6, 1)
    }

    private func decimal(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }
}

/// For programs: one object a line. Times are in nanoseconds, memory is in bytes.
struct JSONReport: Report {
    func rates(_ rates: [JoinRate]) -> String {
        lines(rates) { rate in
            var fields: [String: Any] = [
                "measure": "rate", "store": rate.store.rawValue, "nodes": rate.nodes, "batch": rate.batch,
                "cpu_ns": median(rate.rounds.map(\.cpu)), "wall_ns": median(rate.rounds.map(\.wall)),
                "raw_ns": median(rate.rounds.map(\.raw)), "ratio": median(rate.ratios), "spread": spread(rate.ratios),
            ]
            for (number, name) in JoinRate.stepNames.enumerated() {
                let step = rate.step(number)
                fields[name.replacing(" ", with: "_")] = [
                    "decide_ns": step.decisions, "commit_ns": step.commits, "answer_ns": step.answers,
                ]
            }
            return fields
        }
    }

    func storms(_ storms: [JoinStorm]) -> String {
        lines(storms) { storm in
            [
                "measure": "storm", "kind": "\(storm.kind)", "nodes": storm.times.count + storm.lost,
                "lost": storm.lost, "p50_ns": quantile(0.5, of: storm.times), "p99_ns": quantile(0.99, of: storm.times),
                "max_ns": quantile(1, of: storm.times), "retransmissions": storm.tally.retransmissions,
                "refusals_unprotected": storm.tally.refusals, "refusals_protected": storm.refusals,
                "uploads_refused": storm.uploadsRefused, "attempts_again": storm.attemptsAgain,
                "datagrams_sent": storm.tally.sent, "datagrams_received": storm.tally.received,
                "manager_cpu_s": storm.cpu, "manager_memory": storm.memory, "right": storm.isRight,
            ]
        }
    }

    func memory(_ measured: [MemberMemory]) -> String {
        lines(measured) { ["measure": "memory", "members": $0.members, "bytes": $0.bytes] }
    }

    func rekeyings(_ rates: [RekeyRate]) -> String {
        lines(rates.filter { !$0.costs.isEmpty }) { rate in
            [
                "measure": "rekey", "store": rate.store.rawValue, "members": rate.members,
                "cpu_ns_a_member": rate.cpuPerMember.rounded(), "wall_ns_a_member": rate.wallPerMember.rounded(),
                "raw_ns_a_member": rate.rawPerMember.rounded(),
                "ratio": (median(rate.ratios) * 100).rounded() / 100,
                "messages": rate.costs[0].messages, "bytes": rate.costs[0].bytes, "commits": rate.costs[0].commits,
                "heap_bytes": rate.memory,
            ]
        }
    }

    private func lines<Value>(_ values: [Value], _ fields: (Value) -> [String: Any]) -> String {
        values.map { value in
            // What is not a number has no place in JSON.
            let fields = fields(value).filter { ($0.value as? Double)?.isFinite ?? true }
            let data = (try? JSONSerialization.data(withJSONObject: fields, options: .sortedKeys)) ?? Data()
            return String(decoding: data, as: UTF8.self)
        }.joined(separator: "\n")
    }
}
