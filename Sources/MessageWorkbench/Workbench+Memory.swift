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

    // OSC-0069, GOSC-0169
    /// What a message to be protected will use up, if lines are remembered: a number, which a request that brings none gets
    /// here, or the nonce of the request that it answers.
    ///
    /// - Parameters:
    ///   - requester: Who sent the request that is answered.
    ///   - sender: The endpoint, in its Sender Key.
    /// - Throws: If it is used already.
    func use(
        _ input: inout MessageInput, requester: SenderID?, _ sender: () throws(WorkbenchFailure) -> Memory.Endpoint
    ) throws(WorkbenchFailure) -> MemoryEvent? {
        // A deterministic request has a key of its own.
        guard input.remembers, input.mode != .deterministic || input.request != nil else { return nil }
        let endpoint = try sender()
        if input.request == nil, input.partialIV == nil {
            guard let next = memory.nextNumber(of: endpoint) else {
                throw WorkbenchFailure(.limit, "every sequence number of \"me\" is used: the group needs new keys")
            }
            input.partialIV = next
        }
        if let partialIV = input.partialIV {
            guard memory.isUnused(partialIV, of: endpoint) else {
                throw WorkbenchFailure(
                    .field, "\"partial_iv\" is not above every number that is remembered as used under this Sender Key")
            }
            return .sent(endpoint, partialIV)
        }
        guard let request = input.request, let requester else { return nil }
        guard requester != endpoint.id else {
            throw WorkbenchFailure(.field, "\"request.kid\" is the same as \"me\": nobody answers itself")
        }
        let nonce = Memory.RequestNonce(responder: endpoint, kid: requester, partialIV: request.partialIV)
        guard !memory.isGiven(nonce) else {
            throw WorkbenchFailure(
                .field, "the nonce of this request is remembered as used: a \"partial_iv\" is needed")
        }
        return .gave(nonce)
    }
}
