import Foundation
import TestSupport
import Testing

/// `gosc` with a fixed context of plain OSCORE (RFC 8613), and aiocoap, both ways; tshark has the keys and reads it.
@Suite(
    .aiocoapPresent, .present("tshark", of: "tshark"), .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2))
)
struct PlainContextProcessTests {
    /// Contexts A and B of the OSCORE interoperability tests, as `gosc message` has them.
    private static func context(secret: String) -> String {
        """
        {"master_secret": "\(secret)", "master_salt": "9e7ca92223786340", "sender_id": "", "recipient_id": "01"}
        """
    }
    private static let secret = "0102030405060708090a0b0c0d0e0f10"
    private static let wrong = "1112131415161718191a1b1c1d1e1f20"

    private func member(_ fixture: GroupFixture, as identifier: String, secret: String) throws -> GoscMember {
        let file = try fixture.place("plain").appending(path: "context.json")
        try Data(Self.context(secret: secret).utf8).write(to: file)
        return try GoscMember(fixture, context: file.path, as: identifier)
    }

    @Test func ourClientIsAnsweredByAiocoap() throws {
        let fixture = try GroupFixture(.bothCCM)
        let contexts = try PlugtestContexts(["b", "d"])
        let capture = try CaptureFile()
        let server = try Program(
            [Surroundings.python, Surroundings.environment.appending(path: "oscore-plugtest/plugtest-server").path]
                + [contexts.folder.path, "--bind", "[::1]"], ready: "Plugtest server ready.")
        defer { server.stop() }
        let uri = "coap://[::1]/oscore/hello/1"
        let (status, output) = try member(fixture, as: "", secret: Self.secret).get(uri, ["--timeout", "5s"])
        #expect(status == 0 && output.contains("Hello World!") && output.contains("\"oscore\""), "\(output)")
        try capture.stop()
        try check(capture)
        let twin = try member(fixture, as: "", secret: Self.wrong).get(uri, ["--timeout", "3s"])
        #expect(twin.status != 0 && !twin.output.contains("Hello World!"), "\(twin.output)")
    }

    @Test func aiocoapIsAnsweredByOurServer() throws {
        let fixture = try GroupFixture(.bothCCM)
        let capture = try CaptureFile()
        let server = try member(fixture, as: "01", secret: Self.secret).serve(at: "::1")
        defer { server.stop() }
        let contexts = try PlugtestContexts(["a"])
        let request = AiocoapClient.Request(
            method: "GET", uri: "coap://[::1]/hello", oscore: contexts.folder.appending(path: "a").path)
        let answer = try #require(AiocoapClient.play(request).first)
        #expect(answer.code == "2.05" && answer.text == "Hello World!")
        try capture.stop()
        try check(capture)
        // The twin: another Master Secret. aiocoap's client does not take what comes back for an answer.
        let others = try PlugtestContexts(["a"], secret: Self.wrong)
        let twin = try Program(
            [Surroundings.python, try Surroundings.peer("aiocoap_client.py")]
                + [#"{"method": "GET", "uri": "coap://[::1]/hello", "oscore": "\#(others.folder.path)/a"}"#]
        ).end()
        #expect(twin.status != 0 && !twin.output.contains("Hello World!"))
        withExtendedLifetime((contexts, others)) {}
    }

    /// Every message is decrypted with the right tag, and there is nothing else.
    private func check(_ capture: CaptureFile) throws {
        let packets = try Dissection.packets(in: capture).filter {
            $0.has("coap.opt.object_security_kid") || !$0.isRequest
        }
        let odd = packets.filter { !$0.isWellFormed }
        #expect(odd.isEmpty, "\(odd.prefix(3))")
        let inner = packets.flatMap { $0.values("oscore.code") }
        #expect(Set(inner).isSuperset(of: ["1", "69"]), "GET and 2.05 inside: \(inner)")
    }
}
