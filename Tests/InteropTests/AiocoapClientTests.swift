import Foundation
import TestSupport
import Testing

/// aiocoap's client at our server.
@Suite(.aiocoapPresent, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct AiocoapClientProcessTests {
    private typealias Request = AiocoapClient.Request
    private let here = "coap://[::1]"

    @Test func everyMethodIsAnswered() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let answers = try AiocoapClient.play(
            Request(method: "GET", uri: "\(here)/test"),
            Request(method: "PUT", uri: "\(here)/test", payload: "x", format: 0),
            Request(method: "POST", uri: "\(here)/test", payload: "x", format: 0),
            Request(method: "DELETE", uri: "\(here)/test"),
            Request(method: "GET", uri: "\(here)/test", type: "NON"),
            Request(method: "FETCH", uri: "\(here)/test", payload: "x", format: 0),
            Request(method: "GET", uri: "\(here)/nowhere"),
            Request(method: "PUT", uri: "\(here)/test", payload: "x"),
            Request(method: "GET", uri: "\(here)/seg1/seg2/seg3"),
            Request(method: "GET", uri: "\(here)/query?first=1&second=2&third=%26"))
        #expect(
            answers.map(\.code) == ["2.05", "2.04", "2.01", "2.02", "2.05", "4.05", "4.04", "4.00", "2.05", "2.05"])
        #expect(answers[0].text == "Hello from gosc" && answers[0].type == "ACK" && answers[0].values(12) == [""])
        #expect(answers[2].values(8).map(Self.text) == ["location1", "location2", "location3"])
        #expect(answers[4].type == "NON")
        #expect(answers[9].text == "first=1\nsecond=2\nthird=&")
    }

    @Test func answerThatTakesItsTimeComesSeparately() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let answers = try AiocoapClient.play(
            Request(method: "GET", uri: "\(here)/separate"),
            Request(method: "GET", uri: "\(here)/separate", type: "NON"))
        #expect(answers.map(\.text) == ["This took a while", "This took a while"])
        #expect(answers.map(\.type) == ["CON", "NON"])
    }

    @Test func conditionsAreKept() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let first = try #require(AiocoapClient.play(Request(method: "GET", uri: "\(here)/validate")).first)
        let tag = try #require(first.values(4).first)
        let answers = try AiocoapClient.play(
            Request(method: "GET", uri: "\(here)/validate", etag: tag),
            Request(method: "PUT", uri: "\(here)/validate", payload: "two", format: 0, if_match: tag),
            Request(method: "PUT", uri: "\(here)/validate", payload: "three", format: 0, if_match: tag),
            Request(method: "GET", uri: "\(here)/validate", etag: tag),
            Request(method: "GET", uri: "\(here)/create1"),
            Request(method: "PUT", uri: "\(here)/create1", payload: "new", format: 0, if_none_match: true),
            Request(method: "PUT", uri: "\(here)/create1", payload: "newer", format: 0, if_none_match: true),
            Request(method: "GET", uri: "\(here)/create1"),
            Request(method: "GET", uri: "\(here)/multi-format", accept: 0),
            Request(method: "GET", uri: "\(here)/multi-format", accept: 41),
            Request(method: "GET", uri: "\(here)/multi-format", accept: 50))
        #expect(
            answers.map(\.code)
                == [
                    "2.03", "2.04", "4.12", "2.05", "4.04", "2.01", "4.12", "2.05", "2.05", "2.05", "4.06",
                ])
        #expect(answers[0].values(4) == [tag] && answers[0].count == 0)
        #expect(answers[3].text == "two" && answers[3].values(4) != [tag])
        #expect(answers[7].text == "new")
        #expect(answers[8].values(12) == [""] && answers[9].values(12) == ["29"])
    }

    @Test func bodiesOf64KiBPassBothWays() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let answers = try AiocoapClient.play(
            Request(method: "PUT", uri: "\(here)/large-update", count: 65_536, format: 42),
            Request(method: "GET", uri: "\(here)/large-update"),
            Request(method: "POST", uri: "\(here)/large-create", count: 3_000, format: 42),
            Request(method: "GET", uri: "\(here)/large-create/1"),
            Request(method: "GET", uri: "\(here)/large-create/2"),
            Request(
                method: "POST", uri: "\(here)/large-post", payload: String(repeating: "gosc", count: 1000), format: 0),
            Request(method: "PUT", uri: "\(here)/large-update", count: 65_537, format: 42))
        #expect(answers.map(\.code) == ["2.04", "2.05", "2.01", "2.05", "4.04", "2.04", "4.13"])
        #expect(answers[1].count == 65_536 && answers[1].sha256 == Pattern.digestOf64KiB)
        #expect(answers[2].values(8).map(Self.text) == ["large-create", "1"])
        #expect(answers[3].count == 3_000)
        #expect(answers[5].text == String(repeating: "GOSC", count: 1000))
    }

    @Test func observerSeesEveryState() throws {
        let server = try Program.plugtestServer("--interval", "3600000")
        defer { server.stop() }
        let put = { Request(method: "PUT", uri: "\(here)/obs", payload: $0, format: $1) }
        let answers = try AiocoapClient.play(
            Request(
                method: "GET", uri: "\(here)/obs", observe: 4,
                trigger: [put("one", 0), put("two", 0), put("three", 0), put("{}", 50)]))
        #expect(answers.map(\.code) == ["2.05", "2.05", "2.05", "2.05", "4.06"])
        #expect(answers.prefix(4).map(\.text) == ["Change 1", "one", "two", "three"])
        // The numbers of the notifications rise; the last answer has none, the format has changed (TD_COAP_OBS_08).
        let numbers = answers.map { $0.values(6).first.flatMap { Int("0" + $0, radix: 16) } }
        #expect(numbers[4] == nil)
        let known = numbers.prefix(4).compactMap { $0 }
        #expect(known.count == 4 && zip(known, known.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func groupIsAnswered() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let answers = try AiocoapClient.play(
            Request(method: "GET", uri: "coap://[ff02::fd%lo]/test", type: "NON"),
            Request(method: "GET", uri: "coap://[ff05::fd]/.well-known/core?href=/test", type: "NON"))
        #expect(answers.map(\.code) == ["2.05", "2.05"])
        #expect(answers.map(\.type) == ["NON", "NON"])
        #expect(answers[0].text == "Hello from gosc")
        #expect(answers[1].text?.hasPrefix("</test>") == true)
    }

    /// RFC 9175 §2.4: who sends the Echo value back gets the large answer. aiocoap leaves that to the application.
    /// Addresses of `lo` need no proof, so another one.
    @Test func challengeOfALargeAnswerCanBeMet() throws {
        _ = try Program.run("ip", "-6", "address", "add", "2001:db8::1/128", "dev", "lo", "nodad")
        let server = try Program.plugtestServer("--challenge")
        defer { server.stop() }
        let large = "coap://[2001:db8::1]/large"
        let answers = try AiocoapClient.play(
            Request(method: "GET", uri: "coap://[2001:db8::1]/test"), Request(method: "GET", uri: large),
            Request(method: "GET", uri: large, echo: true), Request(method: "GET", uri: large))
        #expect(answers.map(\.code) == ["2.05", "4.01", "2.05", "2.05"])
        #expect(answers.map { $0.values(252).count } == [0, 1, 0, 0])
        #expect(answers.map(\.count) == [15, 0, 1280, 1280])
    }

    private static func text(_ hex: String) -> String {
        var hex = hex[...]
        var bytes: [UInt8] = []
        while hex.count >= 2 {
            bytes.append(UInt8(hex.prefix(2), radix: 16) ?? 0)
            hex = hex.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
