@preconcurrency import Glibc

/// Measures how many requests a second a client and a server do on one core, over loopback: on libcoap, and on gosc.
@main
enum EndpointBenchmarkCommand {
    static func main() {
        guard let options = EndpointBenchmarkOptions(CommandLine.arguments.dropFirst()) else {
            fputs(EndpointBenchmarkOptions.usage + "\n", stderr)
            exit(64)
        }
        do {
            for outstanding in options.outstanding {
                let contenders = Contender.all.filter { $0.name.contains(options.only) }
                let series = try measure(contenders, outstanding: outstanding, options.effort)
                print(table(series, outstanding: outstanding))
            }
        } catch {
            fputs("cannot measure: \(error)\n", stderr)
            exit(1)
        }
    }
}

/// How long to measure, and where.
struct Effort {
    var rounds = 9
    var milliseconds = 300
    var processor = 0
}

struct EndpointBenchmarkOptions {
    var outstanding = [1, 64]
    var effort = Effort()
    var only = ""

    static let usage = """
        Usage: scripts/bench endpoint [--outstanding 1,64] [--rounds 9] [--milliseconds 300] [--processor 0] [--only NAME]

        Runs a server and a client on one processor over loopback, with so many requests outstanding, on libcoap and on
        gosc in turns. Prints medians of responses a second, CPU time of both ends a request and latency, and the ratio of
        the rates that the CPU times permit: on one processor that is never idle they are its inverse, and what else runs
        on the machine disturbs them least. --only takes a part of a name, such as "NON" or "libcoap".
        """

    /// `nil` for anything that is not understood.
    init?(_ arguments: some Sequence<String>) {
        var arguments = arguments.makeIterator()
        while let argument = arguments.next() {
            guard let value = arguments.next() else { return nil }
            switch argument {
            case "--only": only = value
            case "--outstanding":
                outstanding = value.split(separator: ",").compactMap { Int($0) }
                guard !outstanding.isEmpty, outstanding.allSatisfy({ (1...64).contains($0) }) else { return nil }
            case "--rounds":
                guard let rounds = Int(value), rounds > 0 else { return nil }
                effort.rounds = rounds
            case "--milliseconds":
                guard let milliseconds = Int(value), (10...10_000).contains(milliseconds) else { return nil }
                effort.milliseconds = milliseconds
            case "--processor":
                guard let processor = Int(value), (0..<1024).contains(processor) else { return nil }
                effort.processor = processor
            default: return nil
            }
        }
    }
}
