import CoAP
import CoAPEngine
import GoscKit
import TestSupport
import Testing

/// What tshark makes of what our client sends.
@Suite(.present("tshark", of: "tshark"), .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct ClientDissectionProcessTests {
    private let here = "coap://[::1]"

    @Test func everyPacketOfOurClientIsWellFormedCoAP() async throws {
        let capture = try CaptureFile()
        try await makeTraffic()
        try capture.stop()

        let packets = try Dissection.packets(in: capture)
        let odd = packets.filter { !$0.isWellFormed }
        #expect(odd.isEmpty, "\(odd.prefix(3))")
        // The traffic is what it is taken for.
        let requests = packets.filter(\.isRequest)
        let codes = Set(requests.flatMap { $0.values("coap.code") })
        // GET, POST, PUT, DELETE, FETCH.
        #expect(codes.isSuperset(of: ["1", "2", "3", "4", "5"]), "\(codes)")
        // 16 KiB in blocks of 1024 bytes, both ways; the first request of the download has no block.
        #expect(requests.count { $0.has("coap.opt.block_number") } >= 31)
        // A registration and its end.
        #expect(requests.count { $0.has("coap.opt.observe") } >= 2)
        #expect(requests.count { $0.destination.hasPrefix("ff02::fd") } >= 1)
        for type in ["0", "1"] { #expect(requests.contains { $0.values("coap.type") == [type] }, "type \(type)") }
        // Confirmable notifications and separate responses are acknowledged.
        #expect(packets.contains { $0.values("coap.type") == ["2"] && $0.values("coap.code") == ["0"] })
    }

    private func makeTraffic() async throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        _ = try await client.get("\(here)/test")
        _ = try await client.request(.get, "\(here)/test", reliability: .nonConfirmable)
        _ = try await client.post("\(here)/test", [1], format: .octetStream)
        _ = try await client.fetch("\(here)/test", [1], format: .octetStream)
        _ = try await client.delete("\(here)/test")
        _ = try await client.get("\(here)/query?first=1&second=2")
        _ = try await client.get("\(here)/separate")
        _ = try await client.put("\(here)/large-update", Pattern.bytes(16_384), format: .octetStream)
        _ = try await client.get("\(here)/large-update")
        var seen = 0
        for try await _ in try await client.observe("\(here)/obs") {
            seen += 1
            if seen == 4 { break }
        }
        for try await _ in try await client.group(
            .get, "coap://[ff02::fd%25lo]/test", collecting: ResponseCollection(deadline: .seconds(2)))
        {}
        await client.shutDown()
    }
}
