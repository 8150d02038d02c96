import CoAP
import TestSupport
import Testing

struct LinkTests {
    @Test(.requirement("COAP-0218", "COAP-0219", "COAP-0220"))
    func attributesAreSetByWhatTheyMean() {
        var link = Link(path: ["gp", "a/b", ""])
        link.resourceTypes = ["g.light", "core.x"]
        link.interfaces = ["sensor"]
        link.contentFormats = [.cbor, .aceGroupcomm]
        link.size = 1280
        link.title = "Lamp, left"
        link.isObservable = true
        link.hasGroupOSCORE = true
        link.hasOSCORE = true
        let text = String(decoding: LinkFormat.encode([link, Link(path: [])]), as: UTF8.self)
        #expect(
            text
                == "</gp/a%2Fb/>;rt=\"g.light core.x\";if=\"sensor\";ct=\"60 261\";sz=1280;title=\"Lamp, left\";obs;gosc;osc,</>"
        )
        var repeated = Link(target: "/a b%2")
        repeated.attributes = [
            LinkAttribute("ct", "1"), LinkAttribute("CT", "2"), LinkAttribute("x"), LinkAttribute("x"),
            LinkAttribute("no name"),
        ]
        #expect(String(decoding: LinkFormat.encode([repeated]), as: UTF8.self) == "</a%20b%252>;ct=1;x;x")
        link.contentFormats = [.cbor]
        #expect(link.attributes[2] == LinkAttribute("ct", "60"))
        link.resourceTypes = []
        link.isObservable = false
        link.hasGroupOSCORE = false
        link.size = nil
        #expect(link.attributes.map(\.name) == ["if", "ct", "title", "osc"])
        #expect(link.hasOSCORE && !link.isObservable && !link.hasGroupOSCORE && link.size == nil)
    }

    @Test(.requirement("COAP-0218", "COAP-0219", "COAP-0220"))
    func attributesAreReadByWhatTheyMean() throws {
        let text = Array(
            "<a>;ct=60;obs=1;gosc=\"no\";osc;sz=007,<b>;ct=\"0  60 x 65536 +1\";sz=-1;rt=\"a\",<c>;osc;ct=\"\"".utf8)
        let links = try LinkFormat.decode(text.span)
        #expect(links.map(\.contentFormats) == [[.cbor], [.textPlain, .cbor], []])
        #expect(links.map(\.isObservable) == [true, false, false])
        #expect(links.map(\.hasGroupOSCORE) == [true, false, false])
        #expect(links.map(\.hasOSCORE) == [false, false, true])
        #expect(links.map(\.size) == [7, nil, nil])
        #expect(links.map(\.resourceTypes) == [[], ["a"], []])
    }
}

struct LinkFilterTests {
    private static let list = """
        </gp/a%20b>;rt="core.osc.gm a";if="ace.group";ct="60 261";obs,\
        </gp/lamp>;rt="g.light";title="x y";sz=20,\
        </s/t>;RT=core.osc.x;ct=60,\
        </s>;title="x*"
        """

    @Test(
        .requirement("COAP-0213", "COAP-0214", "COAP-0215"),
        arguments: [
            ([], [0, 1, 2, 3]), ([""], [0, 1, 2, 3]), (["rt=core.osc.*"], [0, 2]), (["rt=core.osc.gm"], [0]),
            (["rt=core.osc"], []), (["rt=g.*"], [1]), (["rt=*"], [0, 1, 2]), (["rt"], [0, 1, 2]), (["rt="], []),
            (["rt=a"], [0]), (["rt=core.osc.gm a"], [0]), (["rt=a core.osc.gm"], []), (["RT=g.light"], [1]),
            (["rt=G.light"], []), (["href=/gp/*"], [0, 1]), (["href=/gp/a b"], [0]), (["href=/gp/a%20b"], [0]),
            (["href=/s"], [3]), (["href=/s*"], [2, 3]), (["href=*"], [0, 1, 2, 3]), (["ct=60"], [0, 2]),
            (["ct=261"], [0]), (["ct=6"], []), (["ct=6*"], [0, 2]), (["obs=*"], [0]), (["obs"], [0]), (["obs="], [0]),
            (["obs=1"], []), (["title=x y"], [1]), (["title=x"], []), (["title=x*"], [1, 3]), (["title=x**"], [3]),
            (["sz=20"], [1]), (["nothing=*"], []), (["rt=core.osc*", "if=ace.group"], [0]),
            (["rt=*", "ct=60"], [0, 2]),
            (["rt=*", "obs=*", "ct=1"], []), (["="], []), (["=x"], []), (["rt=\u{301}"], []),
        ] as [([String], [Int])])
    func linksAreFiltered(query: [String], expected: [Int]) throws {
        let bytes = Array(Self.list.utf8)
        let links = try LinkFormat.decode(bytes.span)
        let filter = LinkFilter(query: query)
        #expect(links.indices.filter { filter.matches(links[$0]) } == expected)
        #expect(filter.isEmpty == (query.allSatisfy(\.isEmpty)))
    }
}
