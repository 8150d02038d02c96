import Synchronization

/// A disk, as far as an example needs one.
final class Disk<Content: Sendable>: Sendable {
    private let content: Mutex<Content>

    init(_ stored: Content) { content = Mutex(stored) }

    var stored: Content { content.withLock { $0 } }

    func write(_ stored: Content) { content.withLock { $0 = stored } }
}
