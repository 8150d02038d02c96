import Foundation
import TestSupport
import Testing

/// TD_COAP_LINK_01 to 09 with aiocoap's client at our server.
@Suite(.aiocoapPresent, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct DiscoveryProcessTests {
    private typealias Request = AiocoapClient.Request

    @Test func filterChoosesTheLinks() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let cases: [(filter: String, targets: Set<String>)] = [
            ("rt=Type1", ["/link1", "/link3"]),
            ("rt=Type2", ["/link1", "/link2"]),
            (
                "rt=*",
                [
                    "/link1", "/link2", "/link3", "/link4", "/large", "/large-update", "/large-create", "/large-post",
                    "/obs", "/obs-non", "/obs-large",
                ]
            ),
            ("if=If*", ["/link1", "/link2"]),
            ("if=foo", ["/link3"]),
            ("sz=*", ["/large"]),
            ("href=/link1", ["/link1"]),
            ("href=/link*", ["/link1", "/link2", "/link3", "/link4"]),
            ("rt=nothing", []),
            ("ct=40", ["/path", "/large-create"]),
        ]
        for (filter, targets) in cases {
            let answer = try #require(
                AiocoapClient.play(Request(method: "GET", uri: "coap://[::1]/.well-known/core?\(filter)")).first)
            #expect(answer.code == "2.05" && answer.values(12) == ["28"], "\(filter)")
            #expect(Self.targets(answer.text ?? "?").subtracting(["/.well-known/core"]) == targets, "\(filter)")
        }
    }

    @Test func everythingIsListedAndLinksLeadToLinks() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let answers = try AiocoapClient.play(
            Request(method: "GET", uri: "coap://[::1]/.well-known/core"),
            Request(method: "GET", uri: "coap://[::1]/path"),
            Request(method: "GET", uri: "coap://[::1]/path/sub1"))
        let all = Self.targets(answers[0].text ?? "")
        #expect(
            all.isSuperset(of: [
                "/test", "/separate", "/seg1/seg2/seg3", "/query", "/location-query", "/multi-format", "/validate",
                "/large", "/obs", "/obs-reset", "/path", "/oscore/hello/coap",
            ]))
        #expect(!all.contains("/create1") && !all.contains("/path/sub1"))
        #expect(answers[0].text?.contains(#"</link1>;rt="Type1 Type2";if="If1""#) == true)
        #expect(answers[1].values(12) == ["28"])
        #expect(Self.targets(answers[1].text ?? "") == ["/path/sub1", "/path/sub2", "/path/sub3"])
        #expect(answers[2].text == "/path/sub1")
    }

    /// What stands between `<` and `>`.
    private static func targets(_ links: String) -> Set<String> {
        Set(links.matches(of: /<([^>]*)>/).map { String($0.output.1) })
    }
}
