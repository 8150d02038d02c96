@preconcurrency import Glibc

/// Measures what joining costs a Group Manager: its processor, its memory, and the nodes' patience when all come at once.
@main
enum JoinBenchmarkCommand {
    static func main() {
        guard let options = JoinBenchmarkOptions(CommandLine.arguments.dropFirst()) else {
            fputs(JoinBenchmarkOptions.usage + "\n", stderr)
            exit(64)
        }
        do {
            try run(options)
        } catch {
            fputs("cannot measure: \(error)\n", stderr)
            exit(1)
        }
    }

    private static func run(_ options: JoinBenchmarkOptions) throws {
        if let figures = options.figures {
            print(try RekeyPlot(figures: figures).drawing, terminator: "")
            return
        }
        let report: any Report = options.isJSON ? JSONReport() : TextReport()
        if options.measures.contains(.rate) {
            print(report.rates(try measureRates(options.rate)))
        }
        if options.measures.contains(.storm) {
            print(report.storms(try measureStorms(options.storm)))
        }
        if options.measures.contains(.memory) {
            print(report.memory(try measureMemory(options.memory)))
        }
        if options.measures.contains(.rekey) {
            print(report.rekeyings(try measureRekeyings(options.rekey)))
        }
    }
}
