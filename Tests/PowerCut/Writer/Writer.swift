import Glibc
import OSCORE
import Persistence

/// Commits change sets to the store of a manager, and prints the number of each that the store has acknowledged.
///
///     gosc-power-cut FOLDER [COUNT]
///
/// Without a count it never ends; with one it closes the store behind as many.
/// It goes on where the store is. `GOSC_GUARDS_OFF=durability` in the environment: commits do not wait for the disk.
@main
struct Writer {
    static func main() throws {
        #if GOSC_TEST_GUARDS
            if let guards = getenv("GOSC_GUARDS_OFF"), String(cString: guards) == "durability" {
                TestGuards.switchOff(.durability)
            }
        #endif
        let store = try SQLiteGroupStore(
            directory: CommandLine.arguments[1], key: Workload.key(), mayCreate: true)
        var number = Workload.count(in: try store.load())
        let end = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]).map { number + $0 } : nil
        while number != end {
            try store.apply(Workload.changes(number))
            // One write a line, past every buffer.
            let line = Array("\(number)\n".utf8)
            guard write(STDOUT_FILENO, line, line.count) == line.count else { return }
            number += 1
        }
    }
}
