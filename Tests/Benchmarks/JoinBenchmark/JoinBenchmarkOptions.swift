/// How much to measure.
struct JoinBenchmarkOptions {
    enum Measure: String, CaseIterable {
        case rate, storm, memory, rekey
    }

    var measures: Set<Measure> = [.rate, .storm, .memory]
    var rate = RateOptions()
    var storm = StormOptions()
    /// Numbers of members, ascending.
    var memory = [1_000, 10_000]
    var rekey = RekeyOptions()
    var isJSON = false
    /// Figures to draw instead of measuring any.
    var figures: String?

    static let usage = """
        Usage: scripts/bench join [--only rate|storm|memory|rekey] [--rounds 9] [--nodes 512] [--batch 32] [--store none,SQLite]
                                  [--storm 1000] [--limit 80] [--members 1000,10000] [--json] [--plot FIGURES]

        rate    what a join costs a manager on one core: token, upload and join of --nodes nodes, of which --batch send at a
                time; beside the bare signatures in them, in the same round. Without a store, and with SQLite on the disk of
                the temporary directory. The nodes' own work is not in it.
        storm   --storm nodes join a real 'gosc manager run' over UDP at once, and then come back at once as members. After
                --limit seconds each is counted as lost.
        memory  what a manager keeps for each member, in bytes of its heap.
        rekey   what new keys for a whole group cost a manager, until every member has confirmed them, by --members; beside the
                bare ciphers of the messages. Not unless asked for: 'scripts/bench rekey'.
        """

    /// `nil` for anything that is not understood.
    init?(_ arguments: some Sequence<String>) {
        var arguments = arguments.makeIterator()
        while let argument = arguments.next() {
            if argument == "--json" {
                isJSON = true
                continue
            }
            guard let value = arguments.next(), take(argument, value) else { return nil }
        }
    }

    private mutating func take(_ name: String, _ value: String) -> Bool {
        let numbers = value.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        let number = numbers.count == 1 ? numbers[0] : 0
        switch name {
        case "--only":
            guard let measure = Measure(rawValue: value) else { return false }
            measures = [measure]
            return true
        case "--store":
            rate.stores = value.split(separator: ",").compactMap { StoreKind(rawValue: String($0)) }
            rekey.stores = rate.stores
            return !rate.stores.isEmpty
        case "--plot":
            figures = value
            return true
        case "--members":
            memory = numbers
            rekey.members = numbers
            return zip(numbers, numbers.dropFirst()).allSatisfy(<) && (1...60_000).contains(numbers[0])
                && numbers.last ?? 0 <= 60_000
        case "--rounds": return set(&rate.rounds, number, in: 1...1_000) && set(&rekey.rounds, number, in: 1...1_000)
        // More would have to share the addresses that a manager answers before it asks them to wait.
        case "--nodes": return set(&rate.nodes, number, in: 1...8_000)
        case "--batch": return set(&rate.batch, number, in: 1...64)
        case "--storm": return set(&storm.nodes, number, in: 1...20_000)
        case "--limit": return set(&storm.limit, Int64(number), in: 1...3_600)
        default: return false
        }
    }

    private func set<Number: BinaryInteger>(
        _ place: inout Number, _ number: Number, in range: ClosedRange<Number>
    ) -> Bool {
        place = number
        return range.contains(number)
    }
}

struct RateOptions {
    var stores = StoreKind.allCases
    var rounds = 9
    var nodes = 512
    var batch = 32
}

struct StormOptions {
    var nodes = 1_000
    /// How long to wait for each of both storms, in seconds.
    var limit: Int64 = 80
}
