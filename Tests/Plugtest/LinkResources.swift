import CoAP
import CoAPEngine
import GoscKit

/// TD_COAP_LINK_01 to 09: attributes to filter by, and links below a link.
func serveLinkResources(on endpoint: CoAPEndpoint) async {
    let links: [(name: String, types: String, interface: String)] = [
        ("link1", "Type1 Type2", "If1"), ("link2", "Type2 Type3", "If2"), ("link3", "Type1 Type3", "foo"),
    ]
    for link in links {
        await endpoint.serve(
            link.name,
            resource([.get: { _ in .text(link.name) }], .link(("rt", link.types), ("if", link.interface))))
    }
    await endpoint.serve("link4", resource([.get: { _ in .text("link4") }], .link(("rt", ""))))

    let children = ["sub1", "sub2", "sub3"]
    await endpoint.serve(
        "path",
        resource(
            [
                .get: { _ in
                    let links = children.map { Link(path: ["path", $0]) }
                    return ResourceResponse(.content, .linkFormat, LinkFormat.encode(links))
                }
            ], .link(("title", "Links below"), ("ct", "40"))))
    for child in children {
        await endpoint.serve(
            "path/\(child)",
            resource([.get: { _ in .text("/path/\(child)") }], .link { $0.isDiscoverable = false }))
    }
}
