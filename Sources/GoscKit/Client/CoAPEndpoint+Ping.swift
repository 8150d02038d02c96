import Bytes
import CoAP
import CoAPEngine

extension CoAPEndpoint {
    /// Asks an endpoint whether it is there (RFC 7252 §4.3): it resets an empty message. That proves nothing about any
    /// resource, and nothing about who it is.
    ///
    /// - Parameter uri: Of one endpoint; its path is not used.
    /// - Returns: How long it took, retransmissions included.
    /// - Throws: ``CoAPError/failed(_:)`` with ``OperationFailure/timeout`` if nobody has answered, after about 93 s with the
    ///   standard parameters. Cancelling the task ends it earlier.
    public nonisolated func ping(_ uri: String) async throws(CoAPError) -> Duration {
        let destination = try await Destination(uri)
        guard !destination.isGroup else { throw .refused(.confirmableToGroup) }
        return try await ping(destination.address)
    }

    private func ping(_ address: SocketAddress) async throws(CoAPError) -> Duration {
        lastTicket += 1
        let ticket = lastTicket
        let result = await withTaskCancellationHandler {
            await unsafe withUnsafeContinuation { continuation in
                unsafe begin(address, ticket: ticket, PingWaiter(continuation: continuation, startedAt: core.now))
            }
        } onCancel: {
            Task { await self.cancelPing(ticket) }
        }
        pings[ticket] = nil
        return try result.get()
    }

    private func begin(_ address: SocketAddress, ticket: UInt64, _ waiter: PingWaiter) {
        guard !core.isShutDown else { return waiter.finish(.failure(.shutDown)) }
        guard !Task.isCancelled else { return waiter.finish(.failure(.cancelled)) }
        do throws(SendError) {
            pings[ticket] = try core.ping(address, waiter: waiter)
        } catch {
            waiter.finish(.failure(.failed(.notSent)))
        }
    }

    private func cancelPing(_ ticket: UInt64) {
        guard let ping = pings.removeValue(forKey: ticket) else { return }
        core.cancel(ping)
    }
}

/// Who waits for the outcome of a ping.
@safe
struct PingWaiter {
    let continuation: UnsafeContinuation<Result<Duration, CoAPError>, Never>
    let startedAt: MonotonicInstant

    func finish(_ result: Result<Duration, CoAPError>) { unsafe continuation.resume(returning: result) }
}

extension EndpointCore {
    /// Begins a ping. Its outcome comes as a datagram or a timer at the earliest, when the waiter is known.
    func ping(_ address: SocketAddress, waiter: PingWaiter) throws(SendError) -> PingID {
        let ping = try input { endpoint, now, random, effects throws(SendError) in
            try endpoint.ping(address, at: now, random: &random, effects: &effects)
        }
        pings[ping] = waiter
        return ping
    }

    func cancel(_ ping: PingID) {
        guard let waiter = pings.removeValue(forKey: ping) else { return }
        endpoint.cancel(ping, at: now)
        waiter.finish(.failure(.cancelled))
    }

    func end(_ ping: PingID, _ failure: ExchangeFailure) {
        guard let waiter = pings.removeValue(forKey: ping) else { return }
        switch failure {
        case .reset: waiter.finish(.success(waiter.startedAt.duration(to: now)))
        case .timeout, .unusableResponse: waiter.finish(.failure(.failed(.timeout)))
        case .notSent: waiter.finish(.failure(.failed(.notSent)))
        }
    }
}
