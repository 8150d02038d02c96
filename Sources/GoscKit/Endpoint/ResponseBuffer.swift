import CoAP
import CoAPEngine
import Synchronization

/// The responses of one operation that nobody has taken yet, bounded in number and bytes: of too many the newest stay.
final class ResponseBuffer: Sendable {
    private struct State {
        var responses: [ClientResponse] = []
        var bytes = 0
        /// How the operation has ended, until that has been told.
        var end: Result<Void, CoAPError>?
        var waiting: [CheckedContinuation<ClientResponse?, any Error>] = []
        /// Whether nobody will take anything any more.
        var isAbandoned = false
        var onAbandon: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let byteCapacity: Int

    init(capacity: Int, bytes: Int) {
        self.capacity = max(capacity, 1)
        self.byteCapacity = bytes
    }

    /// The responses as a sequence. When it is not iterated any more, the buffer is abandoned.
    func sequence() -> AsyncThrowingStream<ClientResponse, any Error> {
        let iteration = Iteration(self)
        return AsyncThrowingStream { try await iteration.buffer.next() }
    }

    /// Hands over a response.
    ///
    /// - Returns: Whether anybody may still take it.
    func yield(_ response: ClientResponse) -> Bool {
        let (isWanted, taker) = state.withLock { state -> (Bool, CheckedContinuation<ClientResponse?, any Error>?) in
            guard !state.isAbandoned, state.end == nil else { return (!state.isAbandoned, nil) }
            if !state.waiting.isEmpty { return (true, state.waiting.removeFirst()) }
            state.responses.append(response)
            state.bytes += response.byteCount
            while state.responses.count > capacity || state.bytes > byteCapacity && state.responses.count > 1 {
                state.bytes -= state.responses.removeFirst().byteCount
            }
            return (true, nil)
        }
        taker?.resume(returning: response)
        return isWanted
    }

    /// No response comes any more. Those that are there are still taken, and then the error.
    func finish(throwing error: CoAPError? = nil) {
        let waiting = state.withLock { state -> [CheckedContinuation<ClientResponse?, any Error>] in
            guard state.end == nil else { return [] }
            state.end = error.map { .failure($0) } ?? .success(())
            if !state.waiting.isEmpty { state.end = .success(()) }
            defer { state.waiting = [] }
            return state.waiting
        }
        for taker in waiting {
            if let error { taker.resume(throwing: error) } else { taker.resume(returning: nil) }
        }
    }

    /// What is to be done when nobody takes responses any more; at once if that is so already.
    func onAbandon(_ body: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.isAbandoned { state.onAbandon = body }
            return state.isAbandoned
        }
        if isLate { body() }
    }

    private func next() async throws -> ClientResponse? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<ClientResponse?, any Error>? in
                    if state.isAbandoned { return .success(nil) }
                    if !state.responses.isEmpty {
                        let response = state.responses.removeFirst()
                        state.bytes -= response.byteCount
                        return .success(response)
                    }
                    switch state.end {
                    case .success: return .success(nil)
                    case .failure(let error):
                        state.end = .success(())
                        return .failure(error)
                    case nil:
                        state.waiting.append(continuation)
                        return nil
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            abandon()
        }
    }

    private func abandon() {
        let (waiting, body) = state.withLock { state in
            let taken = (state.waiting, state.onAbandon)
            let end = state.end
            state = State()
            state.end = end
            state.isAbandoned = true
            return taken
        }
        for taker in waiting { taker.resume(returning: nil) }
        body?()
    }

    /// Lives as long as the sequence.
    private final class Iteration: Sendable {
        let buffer: ResponseBuffer

        init(_ buffer: ResponseBuffer) {
            self.buffer = buffer
        }

        deinit { buffer.abandon() }
    }
}

extension ClientResponse {
    /// About how much memory it takes.
    fileprivate var byteCount: Int { 256 + message.bodyLength }
}
