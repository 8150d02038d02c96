/// What joins cost a manager, beside the bare signatures in them.
struct JoinRate {
    /// What a join costs in one round, in nanoseconds.
    struct Round {
        let cpu: Double
        let wall: Double
        /// CPU time of the bare signatures of a join.
        let raw: Double
        /// The manager's, by step: token, upload, join, further blocks.
        let steps: [ManagerCost]
    }

    let store: StoreKind
    let nodes: Int
    let batch: Int
    var rounds: [Round] = []

    /// Joins per second of one core that does nothing else.
    var rate: Double { 1e9 / median(rounds.map(\.cpu)) }
    var rawRate: Double { 1e9 / median(rounds.map(\.raw)) }
    /// Round by round: both see the same disturbance.
    var ratios: [Double] { rounds.map { $0.cpu / $0.raw } }

    static let stepNames = ["token", "upload", "join", "further blocks"]

    /// CPU time a join of one step, in nanoseconds: deciding, committing, answering.
    func step(_ number: Int) -> (decisions: Double, commits: Double, answers: Double) {
        func part(_ part: (ManagerCost) -> Spent) -> Double {
            median(rounds.map { Double(part($0.steps[number]).cpu) / Double(nodes) })
        }
        return (part(\.decisions), part(\.commits), part(\.answers))
    }
}

/// Measures with every kind of store, in turns.
func measureRates(_ options: RateOptions) throws -> [JoinRate] {
    var rates = options.stores.map { JoinRate(store: $0, nodes: options.nodes, batch: options.batch) }
    // The first round warms up.
    for round in 0...options.rounds {
        let order = Array(rates.indices)
        for index in round.isMultiple(of: 2) ? order : order.reversed() {
            let measured = try measureRound(rates[index], rawFirst: round.isMultiple(of: 2))
            if round > 0 { rates[index].rounds.append(measured) }
        }
    }
    return rates
}

private func measureRound(_ rate: JoinRate, rawFirst: Bool) throws -> JoinRate.Round {
    let signatures = try RawSignatures(joins: rate.nodes)
    var raw = Spent()
    if rawFirst { raw = try signatures.run() }
    var steps = JoinRate.stepNames.map { _ in ManagerCost() }
    try rate.store.withStore { store in
        let manager = try TimedManager(store: store, size: rate.nodes)
        var crowd = Crowd(manager, at: .first)
        for start in stride(from: 0, to: rate.nodes, by: rate.batch) {
            let numbers = start..<min(start + rate.batch, rate.nodes)
            let costs = try crowd.join(numbers, crowd.invited(numbers))
            for (number, cost) in costs.enumerated() { steps[min(number, steps.count - 1)] += cost }
        }
    }
    if !rawFirst { raw = try signatures.run() }
    let count = Double(rate.nodes)
    return JoinRate.Round(
        cpu: Double(steps.reduce(0) { $0 + $1.cpu }) / count, wall: Double(steps.reduce(0) { $0 + $1.wall }) / count,
        raw: Double(raw.cpu) / count, steps: steps)
}
