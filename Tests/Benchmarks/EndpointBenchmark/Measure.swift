/// What one client measured.
struct Run {
    let responses: Double
    let nanoseconds: Double
    /// CPU time of both ends.
    let cpuNanoseconds: Double
    let median: Double
    let percentile99: Double

    var rate: Double { responses * 1e9 / nanoseconds }
    /// CPU time of both ends a request. Both share a core that is never idle, so its inverse is the rate that the pair
    /// has when nothing else runs there.
    var cost: Double { cpuNanoseconds / responses }
}

/// A contender and what came out in each round.
struct Series {
    let contender: Contender
    var runs: [Run] = []
}

enum EndpointBenchmarkError: Error {
    case cannotStart(String, Int32)
    case noMeasurement(String)
}

/// Measures all contenders, interleaved: in each round every pair runs once, in every other round backwards.
func measure(_ contenders: [Contender], outstanding: Int, _ effort: Effort) throws -> [Series] {
    var series = contenders.map { Series(contender: $0) }
    for round in 0..<effort.rounds {
        let order = Array(contenders.indices)
        for index in round.isMultiple(of: 2) ? order : order.reversed() {
            series[index].runs.append(try run(contenders[index], outstanding: outstanding, effort))
        }
    }
    return series
}

/// Starts a server and a client, both anew, and reads what the client measured.
private func run(_ contender: Contender, outstanding: Int, _ effort: Effort) throws -> Run {
    let processor = String(effort.processor)
    var server = try ChildProcess(contender.program, ["server", processor, contender.variant])
    defer { server.kill() }
    let port = server.readLine()
    var client = try ChildProcess(
        contender.program,
        [
            "client", processor, contender.variant, port, String(server.id), String(outstanding), contender.type,
            String(max(effort.milliseconds / 4, 10)), String(effort.milliseconds),
        ])
    defer { client.kill() }
    let numbers = client.readLine().split(separator: " ").compactMap { Double($0) }
    guard numbers.count == 6, numbers[0] > 0 else { throw EndpointBenchmarkError.noMeasurement(contender.name) }
    return Run(
        responses: numbers[0], nanoseconds: numbers[1], cpuNanoseconds: numbers[2] + numbers[3], median: numbers[4],
        percentile99: numbers[5])
}
