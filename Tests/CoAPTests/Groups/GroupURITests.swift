import Bytes
import CoAP
import TestSupport
import Testing

struct GroupURITests {
    @Test(.requirement("COAP-0118", "COAP-0104"))
    func aGroupIsItsAddressAndPort() throws {
        let group = try CoAPURI(parsing: "coap://[ff05::1]/")
        #expect(try CoAPURI(parsing: "coap://[ff05::1]:5683") == group)
        #expect(group.isGroup && group.port == 5683)
        let other = try CoAPURI(parsing: "coap://[ff05::1]:61616")
        #expect(other != group && other.isGroup)
        // A name resolves to whatever it does: the caller looks at the address.
        #expect(try !CoAPURI(parsing: "coap://lamps.example").isGroup)
    }

    @Test(
        .requirement("COAP-0104", "COAP-0118"),
        arguments: [
            ("coap://[ff05::1]:5684/", .secureGroup), ("coaps://[ff05::1]/", .secureGroup),
            ("coaps://[ff05::1]:5683/", .secureGroup), ("coap://224.0.1.187/", .ipv4Group),
            ("coap://[::ffff:239.1.2.3]:5683/", .ipv4Group), ("coaps://224.0.1.187/", .ipv4Group),
        ] as [(String, CoAPURIError)])
    func groupsThatCannotBeAreRefused(text: String, error: CoAPURIError) throws {
        #expect(throws: error) { try CoAPURI(parsing: text) }
        #expect(try CoAPURI(parsing: "coap://[2001:db8::1]:5684/").port == 5684)
    }

    @Test(.requirement("COAP-0108"))
    func theGroupsOfAllNodesHaveTheirAddresses() throws {
        for (scope, text) in [
            (.linkLocal, "ff02::fd"), (.siteLocal, "ff05::fd"), (.organizationLocal, "ff08::fd"),
            (.realmLocal, "ff03::fd"),
        ] as [(MulticastScope, String)] {
            #expect(AllCoAPNodes.address(scope).description == text)
        }
        #expect(AllCoAPNodes.ipv4Address.ipv4Text == "224.0.1.187")
        #expect(AllCoAPNodes.onLink(of: InterfaceIndex(3)).description == "[ff02::fd%3]:5683")
    }

    @Test(
        .requirement("COAP-0113", "COAP-0116", "COAP-0274"),
        arguments: [
            // URI, interface by default, widest scope, what comes of it
            ("coap://[ff02::fd%25eth0]/", 0, 5, .success("[ff02::fd%7]:5683")),
            ("coap://[ff02::fd%25eth0]/", 3, 5, .success("[ff02::fd%7]:5683")),
            ("coap://[ff02::fd]/", 3, 5, .success("[ff02::fd%3]:5683")),
            ("coap://[ff02::fd]/", 0, 5, .failure(.zoneMissing)), ("coap://[ff01::fd]/", 0, 5, .failure(.zoneMissing)),
            ("coap://[fe80::1]/", 0, 5, .failure(.zoneMissing)),
            ("coap://[fe80::1%25eth0]:99/", 0, 5, .success("[fe80::1%7]:99")),
            ("coap://[ff02::fd%25eth9]/", 3, 5, .failure(.unknownZone("eth9"))),
            ("coap://[ff03::fd]/", 0, 5, .success("[ff03::fd]:5683")),
            ("coap://[ff05::fd]/", 3, 5, .success("[ff05::fd%3]:5683")),
            ("coap://[ff05::fd]/", 0, 3, .failure(.scopeTooWide(.siteLocal))),
            ("coap://[ff08::fd]/", 0, 5, .failure(.scopeTooWide(.organizationLocal))),
            ("coap://[ff3e:30:2001:db8::1]/", 0, 5, .failure(.scopeTooWide(.global))),
            ("coap://[ff3e:30:2001:db8::1]/", 0, 14, .success("[ff3e:30:2001:db8::1]:5683")),
            ("coap://[2001:db8::1]/", 3, 5, .success("[2001:db8::1]:5683")),
            ("coap://192.0.2.1/", 3, 5, .success("192.0.2.1:5683")), ("coap://lamps.example/", 3, 5, .failure(.name)),
        ] as [(String, UInt32, UInt8, Result<String, CoAPDestinationError>)])
    func urisSayWhereToSend(
        text: String, byDefault: UInt32, widest: UInt8, expected: Result<String, CoAPDestinationError>
    ) throws {
        let uri = try CoAPURI(parsing: text)
        let scope = try #require(MulticastScope(rawValue: widest))
        let result = Result { () throws(CoAPDestinationError) in
            try uri.destination(defaultInterface: InterfaceIndex(byDefault), widestScope: scope) {
                $0 == "eth0" ? InterfaceIndex(7) : nil
            }.description
        }
        #expect(result == expected)
    }

    @Test(.requirement("COAP-0274"))
    func groupsReachNoFartherThanTheSiteByDefault() throws {
        let wide = try CoAPURI(parsing: "coap://[ff08::1]/")
        #expect(throws: CoAPDestinationError.scopeTooWide(.organizationLocal)) { try wide.destination { _ in nil } }
        let site = try CoAPURI(parsing: "coap://[ff05::1]/")
        #expect(try site.destination { _ in nil }.address == IPv6Address("ff05::1"))
    }
}

struct ApplicationGroupNamingTests {
    private static let destination = SocketAddress(IPv6Address("ff05::db8:8000:1") ?? .loopback, port: 5685)

    @Test(
        .requirement("COAP-0119", "COAP-0120"),
        arguments: [
            (.path(), "/gp/gp1/light?foo=bar", "gp1", "/light?foo=bar"), (.path(), "/gp/gp1", "gp1", "/"),
            (.path(prefix: ["g"]), "/g/gp1/li", "gp1", "/li"),
            (.path(prefix: ["base", "gp"]), "/base/gp/x/res1/res2", "x", "/res1/res2"), (.path(), "/gp", nil, ""),
            (.path(), "/gp/", nil, ""), (.path(), "/light", nil, ""), (.path(), "/light/gp/gp1", nil, ""),
            (.path(prefix: []), "/gp1/light", "gp1", "/light"),
            (.argument(), "/light?foo=bar&gp=gp1", "gp1", "/light?foo=bar"),
            (.argument(), "/light?gp=", nil, ""), (.argument(), "/light?gp", nil, ""),
            (.argument(), "/light?gpx=1", nil, ""),
            (.argument(indicator: "g"), "/light?g=a%26b", "a&b", "/light"), (.query, "/light?gp1", "gp1", "/light"),
            (.query, "/light", nil, ""), (.query, "/light?foo=bar", nil, ""), (.query, "/light?gp1&x", nil, ""),
            (.authority, "/light", "grp.example:5685", "/light"),
        ] as [(ApplicationGroupNaming, String, String?, String)])
    func namesAreReadAndWritten(naming: ApplicationGroupNaming, text: String, name: String?, rest: String) throws {
        let uri = try CoAPURI(parsing: "coap://grp.example:5685" + text)
        let options = uri.options(destination: Self.destination)
        let read = naming.read(options, destination: Self.destination)
        #expect(read?.name == name)
        guard let name, let read else { return }
        #expect(
            try CoAPURI(options: read.rest, destination: Self.destination).description.hasSuffix(":5685" + rest))
        var written = read.rest
        #expect(naming.write(name, into: &written, destination: Self.destination))
        #expect(written == options)
    }

    @Test(.requirement("COAP-0120"))
    func namesThatDoNotFitLeaveTheOptionsAlone() throws {
        var options = Options()
        options.uriQuery = ["x"]
        let before = options
        let long = String(repeating: "n", count: 256)
        for (naming, name) in [
            (.path(), ""), (.path(), ".."), (.path(), "."), (.path(), long), (.argument(), ""),
            (.argument(), String(long.dropLast(2))), (.query, "gp1"), (.authority, "a b"), (.authority, "h/x"),
            (.authority, "H"), (.authority, "h?x"),
        ] as [(ApplicationGroupNaming, String)] {
            #expect(!naming.write(name, into: &options, destination: Self.destination), "\(naming) \(name)")
            #expect(options == before)
        }
        #expect(!ApplicationGroupNaming.query.write("a=b", into: &options, destination: Self.destination))
    }

    @Test(.requirement("COAP-0120"))
    func anAuthorityMayBeTheGroupItself() throws {
        var options = Options()
        let name = "[ff05::db8:8000:1]:5685"
        #expect(ApplicationGroupNaming.authority.read(options, destination: Self.destination)?.name == name)
        #expect(ApplicationGroupNaming.authority.write(name, into: &options, destination: Self.destination))
        #expect(options.isEmpty)
        #expect(ApplicationGroupNaming.authority.write("lamps:99", into: &options, destination: Self.destination))
        #expect(options.uint(of: .uriPort) == 99 && options.first(of: .uriHost) == Array("lamps".utf8))
    }
}
