import Bytes
import CoAP
import TestSupport
import Testing

struct CoAPURITests {
    @Test(
        .requirement("COAP-0032", "COAP-0034", "COAP-0036", "COAP-0110", "COAP-0113", "COAP-0119"),
        arguments: [
            ("coap://[::1]/a%2Fb/c?x=1&y", ["a/b", "c"], ["x=1", "y"], "coap://[::1]/a%2Fb/c?x=1&y"),
            ("coap://h", [], [], "coap://h/"), ("coap://h/", [], [], "coap://h/"),
            ("coap://h/foo/", ["foo", ""], [], "coap://h/foo/"), ("coap://h//", ["", ""], [], "coap://h//"),
            ("coap://EXAMPLE:5683/a", ["a"], [], "coap://example/a"), ("COAP://h:/A", ["A"], [], "coap://h/A"),
            ("coap://h:61616?q", [], ["q"], "coap://h:61616/?q"), ("coap://h?", [], [""], "coap://h/?"),
            ("coaps://h:5683/", [], [], "coaps://h:5683/"), ("coaps://h:5684/", [], [], "coaps://h/"),
            ("coap://[FF35:30::1%eth0]:5683/p", ["p"], [], "coap://[ff35:30::1%25eth0]/p"),
            ("coap://[ff02::fd%25eth0]/", [], [], "coap://[ff02::fd%25eth0]/"),
            ("coap://192.0.2.1/%C3%A9", ["é"], [], "coap://192.0.2.1/%C3%A9"),
            ("coap://h/a?b=%26&c=/?", ["a"], ["b=&", "c=/?"], "coap://h/a?b=%26&c=/?"),
            (
                "coap://[ff05::db8:8000:1]/gp/gp1/light", ["gp", "gp1", "light"], [],
                "coap://[ff05::db8:8000:1]/gp/gp1/light"
            ),
        ] as [(String, [String], [String], String)])
    func urisDecomposeAndComeBack(text: String, path: [String], query: [String], canonical: String) throws {
        let uri = try CoAPURI(parsing: text)
        #expect(uri.path == path)
        #expect(uri.query == query)
        #expect(uri.description == canonical)
        #expect(try CoAPURI(parsing: canonical) == uri)
    }

    @Test(
        .requirement("COAP-0031", "COAP-0035", "COAP-0118"),
        arguments: [
            ("coap://h/a#b", .fragment), ("http://h/", .unsupportedScheme), ("coap+tcp://h/", .unsupportedScheme),
            ("coap:/h", .unsupportedScheme), ("", .unsupportedScheme), ("coap:///a", .invalidHost),
            ("coap://[::1/", .invalidHost), ("coap://[h]/", .invalidHost), ("coap://[fe80::1%]/", .invalidHost),
            ("coap://[::1]x/", .invalidHost), ("coap://h:0/", .invalidPort), ("coap://h:65536/", .invalidPort),
            ("coap://::1/", .invalidHost),
            ("coap://u@[::1]/", .invalidHost), ("coap://u:p@h/", .invalidHost), ("coap://h:-1/", .invalidPort),
            ("coap://h:+1/", .invalidPort), ("coap://u@h/", .invalidCharacter),
            ("coap://h/a b", .invalidCharacter), ("coap://h/é", .invalidCharacter),
            ("coap://h/%4", .invalidPercentEncoding), ("coap://h/%ff%fe", .invalidPercentEncoding),
            ("coap://h/%zz", .invalidPercentEncoding), ("coap://h/../a", .dotSegment),
            ("coap://h/%2e%2e", .dotSegment), ("coap://h/.", .dotSegment), ("coaps://[ff05::1]/", .secureGroup),
            ("coap://h/" + String(repeating: "a", count: 256), .tooLong),
            ("coap://h/" + String(repeating: "a/", count: 600), .tooLong),
        ] as [(String, CoAPURIError)])
    func otherTextIsRefused(text: String, error: CoAPURIError) {
        #expect(throws: error) { try CoAPURI(parsing: text) }
    }

    @Test(.requirement("COAP-0033"))
    func hostAndPortThatTheDestinationTellsAreLeftOut() throws {
        let group = try #require(IPv6Address("ff05::db8:0:1"))
        let literal = try CoAPURI(parsing: "coap://[ff05::db8:0:1]/x")
        #expect(Hex.encode(literal.options(destination: SocketAddress(group, port: 5683)).encoded) == "b178")
        let named = try CoAPURI(parsing: "coap://grp.example:5685/x")
        let options = named.options(destination: SocketAddress(group, port: 5685))
        #expect(options.first(of: .uriHost) == Array("grp.example".utf8))
        #expect(!options.contains(.uriPort))
        #expect(named.options(destination: SocketAddress(group, port: 1)).uint(of: .uriPort) == 5685)
    }

    @Test(
        .requirement("COAP-0034"),
        arguments: ["coap://[ff05::1]/a/b?c", "coap://name:99/", "coap://[::1]:1234/a%2Fb", "coap://192.0.2.1/x/"])
    func optionsLeadBackToTheURI(text: String) throws {
        let uri = try CoAPURI(parsing: text)
        for (address, port) in [("ff05::1", 5683), ("::2", 1234), ("::1", 99)] as [(String, UInt16)] {
            let destination = SocketAddress(try #require(IPv6Address(address)), port: port)
            #expect(try CoAPURI(options: uri.options(destination: destination), destination: destination) == uri)
        }
    }

    @Test func randomTextNeverTraps() {
        var random = SeededGenerator(seed: 3)
        let alphabet = Array("coaps:/[]%25?&=#.@:f1 é")
        for _ in 0..<20_000 {
            let tail = (0..<Int.random(in: 0...20, using: &random)).compactMap { _ in
                alphabet.randomElement(using: &random)
            }
            let text = (Bool.random(using: &random) ? "coap://" : "coap://[") + String(tail)
            guard let uri = try? CoAPURI(parsing: text) else { continue }
            #expect((try? CoAPURI(parsing: uri.description)) == uri, "\(text)")
        }
    }
}
