import Bytes
import CoAP
import Synchronization
import Testing

@testable import CoAPEngine
@testable import GoscKit

/// How much of what nobody takes is kept.
struct ResponseBufferTests {
    private func response(_ number: Int, byteCount: Int = 1) -> ClientResponse {
        let source = SocketAddress(.loopback, port: 5683)
        return ClientResponse(
            peer: .endpoint(source), source: source,
            message: Message(
                code: .content, payload: Array(repeating: UInt8(truncatingIfNeeded: number), count: byteCount)),
            latency: .zero, isFromCache: false)
    }

    private func taken(_ buffer: ResponseBuffer) async throws -> [UInt8] {
        var numbers: [UInt8] = []
        for try await response in buffer.sequence() { numbers.append(response.payload[0]) }
        return numbers
    }

    @Test func theNewestAreKeptInOrder() async throws {
        let buffer = ResponseBuffer(capacity: 3, bytes: 1 << 20)
        for number in 0..<10 { #expect(buffer.yield(response(number))) }
        buffer.finish()
        #expect(try await taken(buffer) == [7, 8, 9])
    }

    @Test func bytesAreBoundedToo() async throws {
        let buffer = ResponseBuffer(capacity: 1_024, bytes: 3 << 20)
        for number in 0..<100 { _ = buffer.yield(response(number, byteCount: 1 << 20)) }
        buffer.finish()
        #expect(try await taken(buffer) == [98, 99])
        // One is kept whatever its length.
        let small = ResponseBuffer(capacity: 1_024, bytes: 10)
        for number in 0..<3 { _ = small.yield(response(number, byteCount: 100)) }
        small.finish()
        #expect(try await taken(small) == [2])
    }

    @Test func theErrorComesLast() async throws {
        let buffer = ResponseBuffer(capacity: 3, bytes: 1 << 20)
        _ = buffer.yield(response(1))
        buffer.finish(throwing: .failed(.timeout))
        var count = 0
        await #expect(throws: CoAPError.failed(.timeout)) {
            for try await _ in buffer.sequence() { count += 1 }
        }
        #expect(count == 1)
    }

    @Test func whoStopsIsNoticed() async throws {
        let buffer = ResponseBuffer(capacity: 3, bytes: 1 << 20)
        let isAbandoned = Mutex(false)
        buffer.onAbandon { isAbandoned.withLock { $0 = true } }
        _ = buffer.yield(response(1))
        for try await _ in buffer.sequence() { break }
        #expect(isAbandoned.withLock(\.self) == true)
        #expect(!buffer.yield(response(2)))
        let late = Mutex(false)
        buffer.onAbandon { late.withLock { $0 = true } }
        #expect(late.withLock(\.self) == true)
    }

    @Test func whoIsCancelledWhileWaitingStops() async throws {
        let buffer = ResponseBuffer(capacity: 3, bytes: 1 << 20)
        let task = Task { try await taken(buffer) }
        await Task.yield()
        task.cancel()
        #expect(try await task.value.isEmpty)
    }
}
