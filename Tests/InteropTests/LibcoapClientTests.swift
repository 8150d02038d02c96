import Foundation
import TestSupport
import Testing

/// libcoap's client at our server. It exits with 0 whatever happens, so what it prints is looked at.
@Suite(.libcoapPresent, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct LibcoapClientProcessTests {
    private let here = "coap://[::1]"

    private func client(_ arguments: String...) throws -> String {
        try Program(["coap-client-notls", "-B", "20"] + arguments).end().output
    }

    @Test func everyMethodIsAnswered() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        #expect(try client("\(here)/test").contains("Hello from gosc"))
        #expect(try client("-N", "\(here)/test").contains("Hello from gosc"))
        #expect(try client("coap://127.0.0.1/test").contains("Hello from gosc"))
        // Only what went wrong is printed without -v.
        #expect(try client("-v", "6", "-m", "put", "-t", "0", "-e", "x", "\(here)/test").contains("c:2.04"))
        let created = try client("-v", "6", "-m", "post", "-t", "0", "-e", "x", "\(here)/test")
        #expect(created.contains("c:2.01"))
        #expect(created.contains("Location-Path:location1, Location-Path:location2, Location-Path:location3"))
        #expect(try client("-v", "6", "-m", "delete", "\(here)/test").contains("c:2.02"))
        #expect(try client("\(here)/nowhere").contains("4.04"))
        #expect(try client("-m", "fetch", "-e", "x", "\(here)/test").contains("4.05"))
        #expect(try client("\(here)/query?first=1&second=2").contains("first=1\nsecond=2"))
        #expect(try client("-A", "41", "\(here)/multi-format").contains("<gosc>"))
        #expect(try client("-A", "50", "\(here)/multi-format").contains("4.06"))
    }

    @Test func answerThatTakesItsTimeComesSeparately() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let output = try client("-v", "6", "\(here)/separate")
        // With its acknowledgement, which is not printed, it would be an ACK.
        #expect(output.contains("t:CON c:2.05") && output.contains("This took a while"), "\(output)")
    }

    @Test func bodiesOf64KiBPassBothWays() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let folder = FileManager.default.temporaryDirectory.appending(path: "gosc-libcoap-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (sent, received) = (folder.appending(path: "sent"), folder.appending(path: "received"))
        for (count, block) in [(65_536, "1024"), (5_000, "16"), (5_000, "64")] {
            let body = Data(Pattern.bytes(count))
            try body.write(to: sent)
            let put = try client("-m", "put", "-t", "42", "-b", block, "-f", sent.path, "\(here)/large-update")
            #expect(put.filter { !$0.isWhitespace }.isEmpty, "\(put)")
            _ = try client("-b", block, "-o", received.path, "\(here)/large-update")
            #expect(try Data(contentsOf: received) == body, "\(count) bytes in blocks of \(block)")
        }
    }

    @Test func observerSeesChanges() throws {
        let server = try Program.plugtestServer("--interval", "3600000")
        defer { server.stop() }
        let observer = try Program(
            ["coap-client-notls", "-v", "6", "-s", "6", "-B", "20", "\(here)/obs"], ready: "Change 1")
        for text in ["alpha", "beta"] {
            #expect(try client("-m", "put", "-t", "0", "-e", text, "\(here)/obs").filter { !$0.isWhitespace }.isEmpty)
            try observer.wait(for: text)
        }
        // Whether it deregisters before it ends is a race in libcoap's program, so that is not asked.
        let output = try observer.end().output
        let numbers = output.matches(of: #/c:2\.05 .*Observe:([0-9]+)/#).compactMap { Int($0.output.1) }
        #expect(numbers.count >= 3 && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "\(output)")
    }

    /// RFC 9175 §2.4: libcoap's client sends the Echo value back by itself.
    @Test(.present("tshark", of: "tshark"))
    func challengeOfALargeAnswerIsMet() throws {
        let capture = try CaptureFile()
        _ = try Program.run("ip", "-6", "address", "add", "2001:db8::1/128", "dev", "lo", "nodad")
        let server = try Program.plugtestServer("--challenge")
        defer { server.stop() }
        let output = try client("coap://[2001:db8::1]/large")
        #expect(output.contains("Line 20 of 20"), "\(output)")
        // It prints neither the 4.01 nor its second request.
        try capture.stop()
        let codes = try Dissection.packets(in: capture).flatMap { $0.values("coap.code") }
        #expect(codes == ["1", "129", "1", "69", "1", "69"])
    }

    @Test(.requirement("COAP-0106", "COAP-0216")) func groupIsAnswered() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        #expect(try client("-N", "-B", "8", "coap://[ff02::fd%lo]/test").contains("Hello from gosc"))
        let links = try client("-N", "-B", "8", "coap://[ff05::fd]/.well-known/core?rt=Type3")
        #expect(links.contains("</link2>") && links.contains("</link3>") && !links.contains("</link1>"), "\(links)")
        // A group hears nothing of what is not there (RFC 10020 §3.1.2).
        #expect(try !client("-N", "-B", "7", "coap://[ff02::fd%lo]/nowhere").contains("4.04"))
    }
}
