import OSCORE

extension Workbench {
    /// Takes up what an earlier run stored.
    ///
    /// - Parameter stored: What ``takeMemory()`` gave, one after the other.
    /// - Returns: How many bytes were whole. What follows them was cut off by a crash: the caller drops it, since no answer
    ///   was given for it.
    /// - Throws: If these are no such bytes.
    public func restoreMemory(_ stored: [UInt8]) throws(WorkbenchFailure) -> Int {
        var rest = stored.span
        while !rest.isEmpty, let (event, count) = try MemoryEvent.decode(rest) {
            _ = try memory.apply(event)
            rest = rest.extracting(droppingFirst: count)
        }
        return stored.count - rest.count
    }

    /// What is to be stored, behind all that was stored before, before the last answer leaves. Empty if nothing is.
    public func takeMemory() -> [UInt8] {
        let bytes = memory.events.flatMap(\.encoded)
        memory.events.removeAll()
        return bytes
    }

    /// The number of a request that brings none: the next one, if lines are remembered.
    func nextPartialIV(
        _ input: MessageInput, _ identity: () throws(WorkbenchFailure) -> Memory.Endpoint
    ) throws(WorkbenchFailure) -> PartialIV? {
        guard input.mode != .deterministic, input.partialIV == nil, input.direction == .request, input.remembers else {
            return input.partialIV
        }
        guard let next = memory.nextNumber(of: try identity()) else {
            throw WorkbenchFailure(.limit, "every sequence number of \"me\" is used: the group needs new keys")
        }
        return next
    }

    /// Remembers what was sent.
    func rememberSent(
        _ input: MessageInput, _ identity: () throws(WorkbenchFailure) -> Memory.Endpoint
    ) throws(WorkbenchFailure) {
        guard input.remembers, let partialIV = input.partialIV else { return }
        _ = try memory.remember(.sent(identity(), partialIV))
    }
}
