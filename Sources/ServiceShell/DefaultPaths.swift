/// Where files lie when nobody says otherwise (XDG Base Directory Specification).
public enum DefaultPaths: Sendable {
    /// `$XDG_STATE_HOME/gosc/<role>`, else below `~/.local/state`; `nil` without a home.
    ///
    /// - Parameters:
    ///   - role: Such as `manager` or `node`.
    ///   - environment: The variables of this process.
    public static func stateDirectory(role: String, environment: [String: String]) -> String? {
        base("XDG_STATE_HOME", ".local/state", environment).map { "\($0)/gosc/\(role)" }
    }

    /// `$XDG_CONFIG_HOME/gosc/<role>.key`, else below `~/.config`; `nil` without a home.
    public static func sealingKey(role: String, environment: [String: String]) -> String? {
        base("XDG_CONFIG_HOME", ".config", environment).map { "\($0)/gosc/\(role).key" }
    }

    /// The specification has relative paths ignored.
    private static func base(_ variable: String, _ fallback: String, _ environment: [String: String]) -> String? {
        if let path = environment[variable], path.hasPrefix("/") { return path }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return "\(home)/\(fallback)"
    }
}
