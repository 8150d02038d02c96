import Bytes
import CoAP

/// What holds for lists of links.
enum LinkFormatProperties {
    /// What is read is written in one form, and every link is found by what is said about it.
    static func check(_ input: Span<UInt8>) throws(Violation) {
        guard let links = try? LinkFormat.decode(input) else { return }
        try hold(links.count <= LinkFormat.maximumLinkCount, "links are bounded")
        let canonical = LinkFormat.encode(links)
        // Quotation marks and the encoding of nothing else can make it longer: two for each attribute with a value.
        let again = try? LinkFormat.decode(canonical.span)
        try hold(again == links || canonical.count > LinkFormat.maximumLength, "what is written is read")
        try hold(LinkFormat.encode(again ?? links) == canonical, "there is one form")
        for link in links {
            try hold(link.attributes.count <= LinkFormat.maximumAttributeCount, "attributes are bounded")
            try hold(LinkFilter(query: ["href=\(link.target)"]).matches(link), "a link is found by its target")
            for attribute in link.attributes where attribute.name != "href" {
                let query = attribute.value.map { "\(attribute.name)=\($0)" } ?? attribute.name
                try hold(LinkFilter(query: [query]).matches(link), "a link is found by its attributes")
                try hold(!LinkFilter(query: [query, "href=\(link.target)x"]).matches(link), "all arguments count")
            }
            var changed = link
            changed.contentFormats = link.contentFormats
            try hold(changed.contentFormats == link.contentFormats, "formats come back")
        }
    }
}
