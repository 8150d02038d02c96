import Foundation

/// This program, as its own processes are started.
struct Program {
    /// The path of the executable.
    let path: String
    /// The variables that every process gets; also the place where `ip` lies for ordinary users.
    let environment: [String: String]

    init() throws(DemoError) {
        do {
            path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        } catch {
            throw DemoError("cannot find out where gosc lies: is /proc mounted?")
        }
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = (environment["PATH"].map { $0 + ":" } ?? "") + "/usr/sbin:/usr/bin:/sbin:/bin"
        // Keys of a service are not for the demo.
        environment["CREDENTIALS_DIRECTORY"] = nil
        self.environment = environment
    }

    /// This program with other arguments.
    func launch(_ arguments: [String]) -> ChildProcess.Launch {
        ChildProcess.Launch(executable: path, arguments: arguments, environment: environment)
    }

    /// A tool of the system.
    func tool(_ name: String, _ arguments: [String]) -> ChildProcess.Launch {
        ChildProcess.Launch(executable: name, arguments: arguments, environment: environment)
    }
}
