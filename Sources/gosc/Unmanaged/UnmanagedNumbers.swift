import CoAPSecurity
import ServiceShell

/// Keeps the sequence numbers of a fixed context in its state directory.
struct UnmanagedNumbers: SequenceNumberStore {
    let state: UnmanagedState

    func reserve(below end: UInt64) throws {
        try state.reserve(below: end)
    }
}
