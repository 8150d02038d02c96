import CoAP
import TestSupport
import Testing

struct LinkFormatTests {
    @Test(
        .requirement("COAP-0218", "COAP-0219", "COAP-0220", "COAP-0222"),
        arguments: [
            "", "</>", "<>", "</gp/gp1/light>;rt=\"g.light\";gosc;osc", "</a>;ct=60,</b>;ct=\"60 261\";sz=1280;obs",
            "</a>;title=\"a, b\",</b>;title=\"c; d > e\"", "</a>;title=\"say \\\"yes\\\" \\\\ no\"",
            "</%C3%A9>;title=\"é\"",
            "</a%2Fb/%20>", "<coap://[2001:db8::1]/x?y=1&z#f>;anchor=\"/s\";rel=\"describedby hosts\"",
            "</a>;title*=UTF-8''%e2%82%ac", "</a>;x=\"\";x=1;x;y=\"a,b\";type=text/plain",
            "</a>;!#$&+-.^_`|~=!#$<=>?@[]{}",
            "</a>;title=\"two\\\u{0a}lines\"",
        ])
    func canonicalListsComeBackByteForByte(text: String) throws {
        let links = try decode(text)
        #expect(String(decoding: LinkFormat.encode(links), as: UTF8.self) == text)
    }

    @Test(
        .requirement("COAP-0218", "COAP-0222"),
        arguments: [
            ("</a>;rt=g.light", "</a>;rt=\"g.light\""), ("</a>;ct=\"60\"", "</a>;ct=60"),
            ("</a>;RT=\"x\"", "</a>;rt=\"x\""),
            ("</a>;x=\"\\a\\,\"", "</a>;x=\"a,\""), ("</a>;ct=1;ct=2;rt=a;rt=b", "</a>;ct=1;rt=\"a\""),
            ("</%c3%a9>", "</%c3%a9>"),
        ])
    func otherFormsAreReadAndWrittenInTheOneForm(text: String, canonical: String) throws {
        let links = try decode(text)
        #expect(String(decoding: LinkFormat.encode(links), as: UTF8.self) == canonical)
        #expect(try decode(canonical) == links)
    }

    @Test(
        .requirement("COAP-0222"),
        arguments: [
            ("a", .missingTarget), ("</a", .missingTarget), (" </a>", .missingTarget), ("</a>,", .missingTarget),
            (",</a>", .missingTarget), ("</a>, </b>", .missingTarget), ("</a> ", .missingSeparator),
            ("</a></b>", .missingSeparator), ("</a>;x=\"1\"2", .missingSeparator), ("</a b>", .invalidTarget),
            ("</é>", .invalidTarget), ("<%4>", .invalidTarget), ("<%zz>", .invalidTarget), ("<a<b>", .invalidTarget),
            ("</a>;", .invalidName), ("</a>;;x", .invalidName), ("</a>;=1", .invalidName), ("</a>; x", .invalidName),
            ("</a>;é", .invalidName), ("</a>;*", .invalidName), ("</a>;a*b", .invalidName), ("</a>;x=", .invalidValue),
            ("</a>;x=;y", .invalidValue), ("</a>;x=a b", .invalidValue), ("</a>;x=a\"", .invalidValue),
            ("</a>;x=é", .invalidValue), ("</a>;x=a\\b", .invalidValue), ("</a>;x=\"", .unclosedQuotation),
            ("</a>;x=\"a\\", .unclosedQuotation), ("</a>;x=\"a\\\"", .unclosedQuotation),
            ("</a>;x=\"\n\"", .unclosedQuotation), ("</a>;x=\"\\é\"", .invalidText),
        ] as [(String, LinkFormatError)])
    func otherTextIsRefused(text: String, error: LinkFormatError) {
        #expect(throws: error) { try decode(text) }
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        let bytes = Array("</a>;x=\"".utf8) + [0xff, 0x22]
        #expect(throws: LinkFormatError.invalidText) { try LinkFormat.decode(bytes.span) }
    }

    @Test(.requirement("COAP-0270"))
    func listsAreBounded() throws {
        let link = "</a>;x"
        let list = { (count: Int) in Array(repeating: link, count: count).joined(separator: ",") }
        #expect(try decode(list(LinkFormat.maximumLinkCount)).count == 1_024)
        #expect(throws: LinkFormatError.tooManyLinks) { try decode(list(LinkFormat.maximumLinkCount + 1)) }
        let attributes = { (count: Int) in "<>" + String(repeating: ";x", count: count) }
        #expect(try decode(attributes(LinkFormat.maximumAttributeCount))[0].attributes.count == 64)
        #expect(throws: LinkFormatError.tooManyAttributes) { try decode(attributes(65)) }
        // What is dropped counts as well.
        #expect(throws: LinkFormatError.tooManyAttributes) { try decode("<>" + String(repeating: ";obs", count: 65)) }
        let text = { (length: Int) in "<" + String(repeating: "a", count: length - 2) + ">" }
        #expect(try decode(text(LinkFormat.maximumLength)).count == 1)
        #expect(throws: LinkFormatError.tooLong) { try decode(text(LinkFormat.maximumLength + 1)) }
    }

    @Test func everyStrictPrefixFailsOrIsAShorterList() throws {
        let bytes = Array("</a>;rt=\"g.light b\";ct=60;obs,</%C3%A9>;title=\"\\\"x\\\"\"".utf8)
        let whole = try LinkFormat.decode(bytes.span)
        for length in 0..<bytes.count {
            let prefix = Array(bytes[..<length])
            guard let links = try? LinkFormat.decode(prefix.span) else { continue }
            #expect(links != whole)
        }
    }

    @Test(.requirement("COAP-0222"))
    func anyLinksCanBeWrittenAndWhatIsWrittenIsRead() throws {
        let seed: UInt64 = 6690
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ab</>;,=\"\\ *%2é\u{0}\n\u{7f}\u{301}:#")
        let text = { (random: inout SeededGenerator) in
            String(
                (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
        }
        for _ in 0..<5_000 {
            let links = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                Link(
                    target: text(&random),
                    attributes: (0..<Int.random(in: 0...3, using: &random)).map { _ in
                        let name = ["rt", "ct", "x", "y*", text(&random)].randomElement(using: &random) ?? "x"
                        return LinkAttribute(name, Bool.random(using: &random) ? text(&random) : nil)
                    })
            }
            let bytes = LinkFormat.encode(links)
            let again = try LinkFormat.decode(bytes.span)
            #expect(LinkFormat.encode(again) == bytes, "seed \(seed)")
            #expect(again.count == links.count, "seed \(seed)")
            for (link, other) in zip(links, again) {
                #expect(link.value(of: "x").map { Array($0.utf8) } == other.value(of: "x").map { Array($0.utf8) })
                #expect(link.contentFormats == other.contentFormats)
            }
        }
    }

    @Test func randomTextNeverTraps() {
        var random = SeededGenerator(seed: 6)
        let alphabet = Array("<>/a%20;,=\"\\é\n".utf8)
        var accepted = 0
        for _ in 0..<50_000 {
            let bytes =
                Array("</".utf8)
                + (0..<Int.random(in: 0...16, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? 0
                }
            guard let links = try? LinkFormat.decode(bytes.span) else { continue }
            accepted += 1
            let again = LinkFormat.encode(links)
            #expect((try? LinkFormat.decode(again.span)) == links)
        }
        #expect(accepted > 100)
    }

    private func decode(_ text: String) throws -> [Link] {
        let bytes = Array(text.utf8)
        return try LinkFormat.decode(bytes.span)
    }
}
