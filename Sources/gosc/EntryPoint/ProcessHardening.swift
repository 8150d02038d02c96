import CSecureMemory

/// What a process that holds keys does before anything else.
enum ProcessHardening {
    /// No core dump of this process is written, no other process of this user may read its memory, and a crash prints
    /// no registers and no memory.
    static func apply() {
        gosc_forbid_dumps()
        gosc_forbid_crash_reports()
    }
}
