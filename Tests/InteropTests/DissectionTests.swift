import Foundation
import TestSupport
import Testing

/// What tshark, which shares no code with us, makes of what we send.
@Suite(
    .aiocoapPresent, .libcoapPresent, .present("tshark", of: "tshark"), .namespacePermitted, .inNetworkNamespace,
    .timeLimit(.minutes(3)))
struct DissectionProcessTests {
    private typealias Request = AiocoapClient.Request
    private let here = "coap://[::1]"

    @Test func everyPacketIsWellFormedCoAP() throws {
        let capture = try CaptureFile()
        try makeTraffic()
        try capture.stop()

        let packets = try Dissection.packets(in: capture)
        let odd = packets.filter { !$0.isWellFormed }
        #expect(odd.isEmpty, "\(odd.prefix(3))")
        // The traffic is what it is taken for.
        #expect(packets.count > 300)
        let observing = packets.filter { $0.has("coap.opt.observe") }
        #expect(observing.count { $0.isRequest } >= 2 && observing.count { !$0.isRequest } >= 7)
        // 64 KiB in blocks of 1024 bytes, both ways.
        #expect(packets.count { $0.has("coap.opt.block_number") } >= 255)
        #expect(packets.count { $0.has("coap.opt.object_security_kid") } >= 4)
        // tshark has decrypted what OSCORE protects: GET, POST; 2.04, 2.05, 5.00.
        let inner = Set(packets.flatMap { $0.values("oscore.code") })
        #expect(inner.isSuperset(of: ["1", "2", "68", "69", "160"]), "\(inner)")
        #expect(packets.count { $0.destination.hasPrefix("ff02::fd") } >= 1)
        for type in ["0", "1", "2"] { #expect(packets.contains { $0.values("coap.type") == [type] }, "type \(type)") }
        let codes = Set(packets.flatMap { $0.values("coap.code") })
        // Empty, GET, POST, PUT, DELETE, FETCH; 2.01 to 2.05, 2.31; 4.04, 4.05.
        #expect(codes.isSuperset(of: ["0", "1", "2", "3", "4", "5", "65", "66", "67", "68", "69", "95", "132", "133"]))
    }

    /// The checks above notice what they are for.
    @Test func malformedPacketsAreNoticed() throws {
        let capture = try CaptureFile()
        // An option that is longer than the packet; a delta of 15; a Token Length of 9; a payload marker with nothing
        // behind; version 2; another port.
        capture.plant(CaptureFile.packet([0x40, 0x01, 0, 1, 0xB9, 0x61]))
        capture.plant(CaptureFile.packet([0x40, 0x01, 0, 2, 0xF1, 0x61]))
        capture.plant(CaptureFile.packet([0x49, 0x01, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
        capture.plant(CaptureFile.packet([0x40, 0x01, 0, 4, 0xB1, 0x61, 0xFF]))
        capture.plant(CaptureFile.packet([0x80, 0x01, 0, 5, 0xB1, 0x61]))
        capture.plant(CaptureFile.packet([0x40, 0x01, 0, 6, 0xB1, 0x61], port: 9))
        capture.plant(CaptureFile.packet([0x40, 0x01, 0, 7, 0xB1, 0x61, 0xFF, 0x21]))
        // A ciphertext that no key of ours has made.
        capture.plant(
            CaptureFile.packet([0x40, 0x02, 0, 8, 0x92, 0x09, 0x07, 0xFF] + Array(repeating: 0x5A, count: 24)))
        try capture.stop()
        let packets = try Dissection.packets(in: capture)
        #expect(packets.map(\.isWellFormed) == [false, false, false, false, false, false, true, false])
    }

    /// Some of everything: what the clients of other suites do, once more, with nobody looking but tshark.
    private func makeTraffic() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let put = { Request(method: "PUT", uri: "\(here)/obs", payload: $0, format: 0) }
        _ = try AiocoapClient.play(
            Request(method: "GET", uri: "\(here)/test"), Request(method: "GET", uri: "\(here)/test", type: "NON"),
            Request(method: "POST", uri: "\(here)/test", payload: "x", format: 0),
            Request(method: "DELETE", uri: "\(here)/test"),
            Request(method: "FETCH", uri: "\(here)/test", payload: "x", format: 0),
            Request(method: "GET", uri: "\(here)/nowhere"), Request(method: "GET", uri: "\(here)/separate"),
            Request(method: "GET", uri: "\(here)/.well-known/core"),
            Request(method: "PUT", uri: "\(here)/large-update", count: 65_536, format: 42),
            Request(method: "GET", uri: "\(here)/large-update"),
            Request(method: "GET", uri: "\(here)/obs", observe: 3, trigger: [put("1"), put("2"), put("3")]),
            Request(method: "GET", uri: "coap://[ff02::fd%lo]/test", type: "NON"))
        let tag = try AiocoapClient.play(Request(method: "GET", uri: "\(here)/validate")).first?.values(4).first
        _ = try AiocoapClient.play(Request(method: "GET", uri: "\(here)/validate", etag: tag))
        let contexts = try PlugtestContexts(["a", "c"])
        let client = Surroundings.environment.appending(path: "oscore-plugtest/plugtest-client").path
        for test in ["1", "2", "6", "8"] {
            _ = try Program.run(Surroundings.python, client, "[::1]", contexts.folder.path, test)
        }
    }
}

/// What tshark says of a capture.
enum Dissection {
    /// One packet.
    struct Packet: CustomStringConvertible {
        fileprivate let fields: [String: [String]]

        var destination: String { values("ipv6.dst").first ?? "" }

        /// What tshark says of the packet. Not that a port is one of those of traceroute, "hop #2, attempt #1": ports of
        /// clients are drawn, and some are.
        var objections: Set<String> {
            Set(
                values("_ws.expert.message").filter {
                    !$0.hasPrefix("Possible traceroute: hop #") && !$0.hasPrefix(" attempt #")
                })
        }

        /// What tshark objects to, and what it lets pass although RFC 7252 §3 does not.
        var isWellFormed: Bool {
            // Behind it stands what the payload is taken for.
            return values("frame.protocols").first?.hasPrefix("raw:ipv6:udp:coap") == true && !has("_ws.malformed")
                && objections.isEmpty
                && values("coap.version") == ["1"]
                && values("coap.token_len").allSatisfy { (Int($0) ?? 9) <= 8 }
                && has("coap.opt.end_marker") == (has("coap.payload_length") || has("coap.block_length"))
        }

        /// The Group Flag is set (RFC 10021 §4.1). tshark 4.0.17 does not know it, and takes it for a reserved bit.
        var isInGroupMode: Bool {
            values("coap.opt.object_security_reserved").first.map { $0 != "0" && $0 != "False" } == true
        }

        /// A message of a group: tshark has no keys for it and objects to that, and to the Group Flag, but to nothing else.
        var isWellFormedInGroup: Bool {
            let toKeys: Set = ["Security context not set - can't decrypt"]
            let toFlag: Set = isInGroupMode ? ["Unsupported format"] : []
            return values("frame.protocols").first?.hasPrefix("raw:ipv6:udp:coap") == true
                && has("_ws.malformed") == isInGroupMode
                && objections == toKeys.union(toFlag)
                && values("coap.version") == ["1"] && values("coap.token_len").allSatisfy { (Int($0) ?? 9) <= 8 }
                && has("coap.opt.end_marker")
        }

        var isRequest: Bool { values("coap.code").first.flatMap { Int($0) }.map { $0 > 0 && $0 < 32 } == true }
        func has(_ field: String) -> Bool { fields[field]?.isEmpty == false }
        func values(_ field: String) -> [String] { fields[field] ?? [] }
        var description: String { "\(fields.filter { !$0.value.isEmpty })" }
    }

    private static let fields = [
        "frame.protocols", "ipv6.dst", "_ws.malformed", "_ws.expert.message", "coap.version", "coap.token_len",
        "coap.opt.end_marker", "coap.payload_length", "coap.block_length", "coap.type", "coap.code",
        "coap.opt.observe", "coap.opt.block_number", "coap.opt.object_security_kid", "oscore.code",
        "coap.opt.object_security_reserved", "coap.opt.object_security_kid_context", "coap.opt.object_security_piv",
    ]

    /// Contexts A/B and C/D for tshark: Sender ID, Recipient ID, Master Secret, Master Salt, ID Context, algorithm.
    private static let contexts = ["", "37cbf3210017a2d3"].flatMap { idContext in
        let values = ["", "01", "0102030405060708090a0b0c0d0e0f10", "9e7ca92223786340", idContext]
        let algorithm = "AES-CCM-16-64-128 (CCM*)"
        return ["-o", "uat:oscore_contexts:" + (values + [algorithm]).map { "\"\($0)\"" }.joined(separator: ",")]
    }

    static func packets(in capture: CaptureFile) throws -> [Packet] {
        let program = try Program(
            ["tshark", "-n", "-r", capture.url.path, "-T", "fields", "-E", "occurrence=a", "-E", "separator=/t"]
                + contexts + fields.flatMap { ["-e", $0] })
        let (status, output) = try program.end()
        try #require(status == 0, "tshark: \(output.suffix(2000))")
        return output.split(separator: "\n").filter { $0.contains("\t") }.map { line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            let values = zip(Self.fields, columns).map { ($0, $1.split(separator: ",").map(String.init)) }
            return Packet(fields: Dictionary(uniqueKeysWithValues: values))
        }
    }
}
