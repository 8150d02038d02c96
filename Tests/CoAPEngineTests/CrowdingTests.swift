import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// Whether invented addresses can take what is kept for everybody.
struct CrowdingTests {
    private let thing = Thing()

    private func bench() -> ServerBench {
        var properties = ResourceProperties()
        properties.isObservable = true
        properties.groupAccess = .all
        properties.servesUnauthenticatedGroups = true
        var settings = RequestServerSettings()
        settings.limits.observations.entries = 8
        settings.limits.uploads.entries = 8
        let thing = thing
        return ServerBench(settings) { $0.register(path: ["thing"], methods: thing.methods, properties: properties) }
    }

    private func invented(_ number: Int) -> SocketAddress {
        SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0001, low: UInt64(number)), port: 5683)
    }

    private func asker(
        _ bench: inout ServerBench, _ change: @escaping (inout Options) -> Void, _ code: Code, _ payload: [UInt8]
    ) throws -> Message? {
        let first = try bench.ask(Message(code, payload: payload, change), isAuthenticated: false)
        guard first?.code == .unauthorized, let echo = first?.options.echo else { return first }
        return try bench.ask(
            Message(code, payload: payload) {
                change(&$0)
                $0.echo = echo
            }, isAuthenticated: false)
    }

    @Test(.requirement("COAP-0138"))
    func inventedObserversLeaveRoomForThoseWhoAreThere() throws {
        var bench = bench()
        for number in 0..<20 {
            _ = bench.effects(Message(.get) { $0.observe = 0 }, from: invented(number), isAuthenticated: false)
        }
        #expect(bench.server.load.observations == 4)
        let answer = try asker(&bench, { $0.observe = 0 }, .get, [])
        #expect(answer?.options.observe != nil)
    }

    @Test(.requirement("COAP-0138"))
    func inventedObserversOfAGroupLeaveRoomToo() throws {
        var bench = bench()
        for number in 0..<20 {
            let answer = try bench.ask(
                Message(.get) { $0.observe = 0 }, from: invented(number), to: ServerBench.group,
                isAuthenticated: false)
            #expect((answer?.options.observe == nil) == (number >= 4))
            _ = bench.advance(by: .seconds(60))
        }
        #expect(bench.server.load.observations == 4)
    }

    @Test(.requirement("COAP-0168"))
    func inventedUploadsLeaveRoomForThoseWhoAreThere() throws {
        var bench = bench()
        for number in 0..<20 {
            _ = bench.effects(
                Message(.put, payload: bytes(16)) { $0.block1 = block(0, true, .bytes16) }, from: invented(number),
                isAuthenticated: false)
        }
        #expect(bench.server.load.uploads == 4)
        let answer = try asker(&bench, { $0.block1 = block(0, true, .bytes16) }, .put, bytes(16))
        #expect(answer?.code == .continue)
    }

    @Test(.requirement("COAP-0165"))
    func inventedReadersDoNotTakeTheBlocksOfThoseWhoAreThere() throws {
        var settings = RequestServerSettings()
        settings.limits.snapshots.entries = 4
        settings.unprovenAddresses = .smallBlocks
        let thing = thing
        var bench = ServerBench(settings) { $0.register(path: ["thing"], methods: thing.methods) }
        thing.response.payload = bytes(3_000)
        #expect(try bench.ask(Message(.get))?.options.block2?.isMore == true)
        for number in 0..<20 {
            _ = bench.effects(Message(.get), from: invented(number), isAuthenticated: false)
            #expect(bench.server.load.snapshots <= 4)
        }
        // Another state: only what is kept has the second block of the first.
        thing.response.payload = bytes(3_000, from: 1)
        let rest = try bench.ask(Message(.get) { $0.block2 = block(1, false, .bytes1024) })
        #expect(rest?.payload == Array(bytes(3_000)[1_024..<2_048]))
        // Whoever is there takes from those who may not be, and the oldest of its own kind at last.
        for number in 100..<104 { _ = bench.effects(Message(.get), from: invented(number)) }
        #expect(bench.server.load.snapshots == 4)
        let refused = bench.server.counters.evictions
        _ = bench.effects(Message(.get), from: invented(200), isAuthenticated: false)
        #expect(bench.server.counters.evictions == refused)
    }

    /// Each upload is kept under its options, which no limit of bytes counted.
    @Test(.requirement("COAP-0270"))
    func optionsThatNobodyKnowsAreNotKeptByTheKilobyte() throws {
        var bench = bench()
        for (count, code) in [(4_000, Code.continue), (5_000, .badRequest), (60_000, .badRequest)] {
            let answer = try bench.ask(
                Message(.put, payload: bytes(16)) {
                    $0.block1 = block(0, true, .bytes16)
                    $0.append(OptionNumber(rawValue: 65_000), Array(repeating: 0, count: count))
                })
            #expect(answer?.code == code)
        }
    }
}
