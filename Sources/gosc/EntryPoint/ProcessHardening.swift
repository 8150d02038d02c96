import CSecureMemory

/// What a process that holds keys does before anything else.
enum ProcessHardening {
    /// No core dump of this process is written, and no other process of this user may read its memory.
    static func apply() {
        gosc_forbid_dumps()
    }
}
