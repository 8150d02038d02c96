import Bytes
import Glibc

/// An address for every node, on the loopback interface of a network namespace that `scripts/bench` has made.
enum StormNetwork {
    static func setUp(nodes: Int) throws {
        guard let ip = popen("ip -6 -batch -", "w") else { throw BenchmarkError.program("ip") }
        fputs("link set lo up\n", ip)
        for address in [Building.managerAddress.address] + (0..<nodes).map(Building.address) {
            fputs("address add \(address)/128 dev lo nodad\n", ip)
        }
        guard pclose(ip) == 0 else {
            throw BenchmarkError.program("ip: start this with scripts/bench, which gives it a network of its own")
        }
    }
}
