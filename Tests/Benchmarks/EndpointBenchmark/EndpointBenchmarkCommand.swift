@preconcurrency import Glibc

/// Measures how many requests a second a client and a server do on one core, over loopback: on libcoap, and on gosc.
@main
enum EndpointBenchmarkCommand {
    static func main() throws {
        guard let options = EndpointBenchmarkOptions(CommandLine.arguments.dropFirst()) else {
            fputs(EndpointBenchmarkOptions.usage + "\n", stderr)
            exit(64)
        }
        for outstanding in options.outstanding {
            let contenders = Contender.all.filter { $0.name.contains(options.only) }
            print(table(try measure(contenders, outstanding: outstanding, options.effort), outstanding: outstanding))
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
        Usage: EndpointBenchmark [--outstanding 1,64] [--rounds 9] [--milliseconds 300] [--processor 0] [--only NAME]

        Runs a server and a client on one processor, with so many requests outstanding, on libcoap and on gosc in turns.
        Prints responses a second, CPU time of both ends a request, latency, and the ratio of rates.
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
