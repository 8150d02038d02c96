import Foundation
public import Testing

extension Trait where Self == ConditionTrait {
    /// Skips without a command of a Debian package, and says so.
    public static func present(_ command: String, of package: String) -> Self {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        let isThere = path.split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(command)")
        }
        return .enabled(if: isThere, "\(command) is not here: apt-get install \(package)")
    }
}
