@preconcurrency import Glibc

/// Measures what protecting and verifying cost beside the bare calls of libsodium and OpenSSL.
///
/// Off the main actor and synchronous: nothing but the work stands between two readings of the clock.
@main
enum BenchmarksCommand {
    static func main() throws {
        guard let options = BenchmarkOptions(CommandLine.arguments.dropFirst()) else {
            fputs(BenchmarkOptions.usage + "\n", stderr)
            exit(64)
        }
        for payload in options.payloads {
            let exchange = Exchange(payload: payload)
            let comparisons = try [
                PlainOSCORE(exchange).comparisons(),
                PairwiseMode(exchange).comparisons(),
                GroupMode(exchange).comparisons(),
                Checking(exchange).comparisons(),
            ].joined().filter { options.only.isEmpty || $0.name.contains(options.only) }
            let measurements = try measure(Array(comparisons), options.effort)
            let report = options.isJSON ? Report.json : Report.table
            print(report(measurements, payload))
        }
    }
}

struct BenchmarkOptions {
    var payloads = [32]
    var effort = Effort()
    var only = ""
    var isJSON = false

    static let usage = """
        Usage: Benchmarks [--payload 8,32,128,1024] [--rounds 21] [--milliseconds 4] [--only NAME] [--json]

        Protects and verifies messages, and makes the same library calls bare, in turns; prints CPU time a message and
        the ratio. --only takes a part of a name, such as "oscore" or "verify".
        """

    /// `nil` for anything that is not understood.
    init?(_ arguments: some Sequence<String>) {
        var arguments = arguments.makeIterator()
        while let argument = arguments.next() {
            switch argument {
            case "--json": isJSON = true
            case "--payload":
                let numbers = arguments.next()?.split(separator: ",").map { Int($0) } ?? []
                payloads = numbers.compactMap(\.self)
                guard !payloads.isEmpty, payloads.count == numbers.count, payloads.allSatisfy({ $0 > 0 && $0 < 65_000 })
                else { return nil }
            case "--rounds":
                guard let rounds = arguments.next().flatMap({ Int($0) }), rounds > 0 else { return nil }
                effort.rounds = rounds
            case "--milliseconds":
                guard let milliseconds = arguments.next().flatMap({ Double($0) }), milliseconds > 0 else { return nil }
                effort.milliseconds = milliseconds
            case "--only":
                guard let name = arguments.next() else { return nil }
                only = name
            default: return nil
            }
        }
    }
}
