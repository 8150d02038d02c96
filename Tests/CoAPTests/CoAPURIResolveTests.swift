import Bytes
import CoAP
import TestSupport
import Testing

struct CoAPURIResolveTests {
    // RFC 3986 §5.4, with another scheme; references with a fragment are below.
    @Test(
        .requirement("COAP-0103"),
        arguments: [
            ("g", "b/c/g"), ("./g", "b/c/g"), ("g/", "b/c/g/"), ("/g", "g"), ("?y", "b/c/d;p?y"), ("g?y", "b/c/g?y"),
            (";x", "b/c/;x"), ("g;x", "b/c/g;x"), ("g;x?y", "b/c/g;x?y"), ("", "b/c/d;p?q"), (".", "b/c/"),
            ("./", "b/c/"),
            ("..", "b/"), ("../", "b/"), ("../g", "b/g"), ("../..", ""), ("../../", ""), ("../../g", "g"),
            ("../../../g", "g"), ("../../../../g", "g"), ("/./g", "g"), ("/../g", "g"), ("g.", "b/c/g."),
            (".g", "b/c/.g"),
            ("g..", "b/c/g.."), ("..g", "b/c/..g"), ("./../g", "b/g"), ("./g/.", "b/c/g/"), ("g/./h", "b/c/g/h"),
            ("g/../h", "b/c/h"), ("g;x=1/./y", "b/c/g;x=1/y"), ("g;x=1/../y", "b/c/y"), ("g?y/./x", "b/c/g?y/./x"),
            ("g?y/../x", "b/c/g?y/../x"), ("coap://a/b/../g", "g"), ("COAP://A:5683/x?", "x?"), ("a%2Fb", "b/c/a%2Fb"),
            ("?", "b/c/d;p?"), ("//a", ""), ("//a?z", "?z"), ("g?a=%26&b", "b/c/g?a=%26&b"),
        ])
    func referencesResolve(reference: String, expected: String) throws {
        let base = try CoAPURI(parsing: "coap://a/b/c/d;p?q")
        #expect(try base.resolve(reference).description == "coap://a/" + expected)
    }

    @Test(
        .requirement("COAP-0103"),
        arguments: [
            ("//g", "coap://g/"), ("//[ff05::1]:99/x", "coap://[ff05::1]:99/x"), ("coaps://h/x", "coaps://h/x"),
            ("x", "coap://[2001:db8::5]:61616/x"), ("/", "coap://[2001:db8::5]:61616/"),
            ("", "coap://[2001:db8::5]:61616/"),
        ])
    func authoritiesAreKeptOrReplaced(reference: String, expected: String) throws {
        let base = try CoAPURI(parsing: "coap://[2001:db8::5]:61616")
        #expect(try base.resolve(reference).description == expected)
    }

    @Test(
        .requirement("COAP-0103", "COAP-0031"),
        arguments: [
            ("#s", .fragment), ("g#s", .fragment), ("g:h", .unsupportedScheme), ("http://a/b", .unsupportedScheme),
            ("coap:g", .unsupportedScheme), (":", .unsupportedScheme), ("///x", .invalidHost), ("//h:x/", .invalidPort),
            ("a b", .invalidCharacter), ("é", .invalidCharacter), ("%2e%2e/x", .dotSegment), ("x/%2E", .dotSegment),
            ("%zz", .invalidPercentEncoding), (String(repeating: "a", count: 1035), .tooLong),
            (String(repeating: "a", count: 256), .tooLong), ("coaps://[ff05::1]/", .secureGroup),
        ] as [(String, CoAPURIError)])
    func otherReferencesAreRefused(reference: String, error: CoAPURIError) throws {
        let base = try CoAPURI(parsing: "coap://a/b/c/d;p?q")
        #expect(throws: error) { try base.resolve(reference) }
    }

    @Test(.requirement("COAP-0103"))
    func theResponderTakesThePlaceOfTheGroup() throws {
        let group = try CoAPURI(parsing: "coap://[ff02::fd%25eth0]:61616/a/b?c")
        let responder = SocketAddress(try #require(IPv6Address("2001:db8::5")), port: 5683)
        let base = try group.base(responder: responder)
        #expect(base.description == "coap://[2001:db8::5]/a/b?c")
        #expect(try base.resolve("/x").description == "coap://[2001:db8::5]/x")
        // A link-local responder is on the link that the request went to, unless somebody knows better.
        let near = SocketAddress(try #require(IPv6Address("fe80::5")), port: 5683, interface: InterfaceIndex(2))
        #expect(try group.base(responder: near).description == "coap://[fe80::5%25eth0]/a/b?c")
        #expect(try group.base(responder: near, zone: "wpan0").description == "coap://[fe80::5%25wpan0]/a/b?c")
        let named = try CoAPURI(parsing: "coap://lamps.example/x")
        #expect(try named.base(responder: responder).description == "coap://[2001:db8::5]/x")
        let multicast = SocketAddress(try #require(IPv6Address("ff05::1")), port: 5683)
        #expect(throws: CoAPURIError.invalidHost) { try group.base(responder: multicast) }
        #expect(throws: CoAPURIError.invalidPort) { try group.base(responder: SocketAddress(.loopback, port: 0)) }
    }

    @Test(
        .requirement("COAP-0103", "COAP-0039"),
        arguments: [
            (["x", "y/z"], [], "coap://[2001:db8::5]/x/y%2Fz"), (["x"], ["a=1", "b"], "coap://[2001:db8::5]/x?a=1&b"),
            ([], ["a"], "coap://[2001:db8::5]/p?a"), ([""], [], "coap://[2001:db8::5]/"), ([], [], nil),
        ] as [([String], [String], String?)])
    func locationsAreOfTheResponder(path: [String], query: [String], expected: String?) throws {
        let base = try CoAPURI(parsing: "coap://[2001:db8::5]/p?q")
        var options = Options()
        options.locationPath = path
        options.locationQuery = query
        #expect(try base.location(in: options)?.description == expected)
    }

    @Test(.requirement("COAP-0039", "COAP-0031"))
    func locationsThatAreNoneAreRefused() throws {
        let base = try CoAPURI(parsing: "coap://[2001:db8::5]/p?q")
        for (number, value, error) in [
            (.locationPath, [0x2e, 0x2e], .dotSegment), (.locationPath, [0xff], .invalidPercentEncoding),
            (.locationQuery, [0xff], .invalidPercentEncoding),
            (OptionNumber(rawValue: 128), [], .unsupportedLocation),
            (OptionNumber(rawValue: 140), [1], .unsupportedLocation),
        ] as [(OptionNumber, [UInt8], CoAPURIError)] {
            var options = Options()
            options.locationQuery = ["a"]
            options.append(number, value)
            #expect(throws: error) { try base.location(in: options) }
        }
    }

    @Test func randomReferencesNeverTrapAndAreAbsolute() throws {
        var random = SeededGenerator(seed: 5)
        let alphabet = Array("/..?a%2eé:&[]coap")
        let base = try CoAPURI(parsing: "coap://h/a/b?c")
        var resolved = 0
        for _ in 0..<20_000 {
            let reference = String(
                (0..<Int.random(in: 0...10, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
            guard let uri = try? base.resolve(reference) else { continue }
            resolved += 1
            #expect(!uri.path.contains(".") && !uri.path.contains(".."), "\(reference)")
            #expect(try uri.resolve(uri.description) == uri, "\(reference)")
            #expect(try uri.resolve("") == uri, "\(reference)")
        }
        #expect(resolved > 1_000)
    }
}
